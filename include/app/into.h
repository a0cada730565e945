/* into.h -- --tsne-into: new points in the finished map of a results file.
 * Layer: app. */
#ifndef EXG_APP_INTO_H
#define EXG_APP_INTO_H

#include "app/maps.h"
#include "embed/pca.h"
#include "embed/place.h"

/** A map that takes new points, and where they went. */
typedef struct {
    const char *group; /* EXG_SCHEMA_TSNE or EXG_SCHEMA_TSNE_3D, of the file */
    int dims;
    double dof;         /* b of its kernel                                    */
    float *r;           /* shape (total, dims): the points that stay          */
    const char *engine; /* of repulsion, the one that was used                */
    exg_placed placed;
} exg_into_map;

/** The file's points.  Every rank has their positions and labels, and its own
 * rows of their features. */
struct exg_into {
    exg_int total;      /* M                                            */
    int32_t *label;     /* shape (M); -1: none                          */
    int labelled;       /* 1: some have one                             */
    int64_t *index;     /* shape (M)                                    */
    int32_t *set;       /* shape (M), or NULL                           */
    exg_tiles *tiles;   /* features; NULL once neighbours are found    */
    exg_int pca;        /* principal components that the map is of; 0: of all
                           features                                     */
    exg_pca_axes *axes; /* of them, or NULL                           */
    exg_int nmap;
    exg_into_map map[EXG_MAPS];
    exg_place_plan plan;
    exg_affinity_scales scales;
};

/** 1 if the option is there.  Local. */
int exg_into_asked(const exg_opts *opts);

/** Give the t-SNE options the values that suit, where the user and the --config
 * file say nothing.  Local.
 * @return EXG_OK */
EXG_MUST_CHECK exg_status exg_into_defaults(exg_opts *opts);

/** Check the file and the options against points of `dim` features, before
 * anything is computed.  Local.
 * @param[in] out  the results file that will be written: another one
 * @return EXG_OK, EXG_EUSAGE, EXG_EINPUT, EXG_EIO, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_into_check(const exg_opts *opts, const char *out,
                                         exg_int dim);

/** Compare the model of the file's features with that of the new ones.  Local.
 * @param[in] model   its name, as exg_maps.model
 * @param[in] strict  1: another model is an error, 0: a warning
 * @return EXG_OK, EXG_EINPUT, EXG_EIO */
EXG_MUST_CHECK exg_status exg_into_model(const exg_opts *opts,
                                         const char *model, int strict);

/** Read the file and place m's points into its maps: m->into.  Collective.
 * @return EXG_OK, or on every rank what exg_into_check() or the functions of
 *         place.h return */
EXG_MUST_CHECK exg_status exg_into_make(exg_maps *m, exg_clock *clock);

/** Read the file: positions, labels, my rows of the features.  Collective.
 * @param[out] into  ended by exg_into_destroy() */
EXG_MUST_CHECK exg_status exg_into_read(const exg_maps *m, exg_into **into);

/** Write /tsne and /tsne_3d, and in them the points that stayed.  Collective.
 */
EXG_MUST_CHECK exg_status exg_into_record(const exg_maps *m, exg_writer *w);

/** Free; sets *into NULL.  Local. */
void exg_into_destroy(exg_into **into);

#endif
