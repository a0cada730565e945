/* repulse_fft.h -- what the grid engine costs.  Layer: embed. */
#ifndef EXG_EMBED_REPULSE_FFT_H
#define EXG_EMBED_REPULSE_FFT_H

enum {
    EXG_FFT_PARTS = 12
};

/** Seconds of this rank since creation, in the order of exg_fft_part, and the
 * bytes that it sent: charges (sum) and potentials (share) of planes that it
 * touches but does not transform, waves (turn), forces on points of others
 * (scatter).  Parts that other ranks are waited for in: sum, turn, share,
 * agree, scatter.  The positions, N * dims floats, are gathered by the caller.
 * Plain data. */
typedef struct {
    double grid, sort, spread, sum, forward, turn, line, inverse, share, gather,
        agree, scatter;
    double bytes;
    double error; /* estimate of the last call's */
    int nodes;    /* of the grid in use, per axis  */
    int grids;    /* how often the grid changed    */
    int repeats;  /* passes with too many bits     */
    int pairs;    /* calls left to all pairs       */
} exg_fft_cost;

/** Their names. */
extern const char *const exg_fft_part[EXG_FFT_PARTS];

/** Costs so far.  Local.
 * @param[in] state  of exg_repulse_fft */
exg_fft_cost exg_repulse_fft_cost(const void *state);

#endif
