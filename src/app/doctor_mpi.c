/* doctor_mpi.c -- the MPI library: transports, waiting, lost hosts.
 *
 * MPI's tool interface shows the control variables of what is loaded.  Those
 * of transports that Open MPI has ruled out are gone, so the prefixes that are
 * left name the transports in use.  Other libraries have other variables: then
 * nothing is claimed. */
#include "doctor_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANY = 16, /* transports */
    KINDS = 3
};

/* Open MPI moves messages by one pml: ob1, over any of the btl; or cm, over one
 * mtl; or ucx, alone. */
static const char kind[KINDS][5] = {"pml_", "btl_", "mtl_"};

/* What the control variables say. */
typedef struct {
    int n[KINDS];
    char name[KINDS][MANY][DOCTOR_NAME];
    int yield;     /* -1: there is no such variable                   */
    int keepalive; /* seconds; 0: none, -1: there is no such variable */
} findings;

/* "btl_tcp_flags" -> "tcp" among the btl, noted once. */
static void note_transport(findings *f, int k, const char *name)
{
    const size_t length = strcspn(name + 4, "_");
    char text[DOCTOR_NAME];

    snprintf(text, sizeof text, "%.*s", (int)length, name + 4);
    if (name[4 + length] == '\0' || strcmp(text, "base") == 0) {
        return;
    }
    for (int i = 0; i < f->n[k]; i++) {
        if (strcmp(f->name[k][i], text) == 0) {
            return;
        }
    }
    if (f->n[k] < MANY) {
        memcpy(f->name[k][f->n[k]++], text, sizeof text);
    }
}

static int read_number(int index)
{
    MPI_T_cvar_handle handle;
    long long value[16] = {0};
    int count = 0;

    if (MPI_T_cvar_handle_alloc(index, NULL, &handle, &count) != MPI_SUCCESS) {
        return -1;
    }
    if (count != 1 || MPI_T_cvar_read(handle, value) != MPI_SUCCESS) {
        value[0] = -1;
    }
    MPI_T_cvar_handle_free(&handle);
    return (int)value[0];
}

static void look_at(findings *f, int index)
{
    char name[256] = "";
    int length = sizeof name, verbosity, binding, scope;
    MPI_Datatype type;

    if (MPI_T_cvar_get_info(index, name, &length, &verbosity, &type, NULL, NULL,
                            NULL, &binding, &scope) != MPI_SUCCESS) {
        return; /* of a part that is no longer there */
    }
    for (int k = 0; k < KINDS; k++) {
        if (strncmp(name, kind[k], 4) == 0) {
            note_transport(f, k, name);
        }
    }
    if (strcmp(name, "mpi_yield_when_idle") == 0) {
        f->yield = read_number(index);
    } else if (strcmp(name, "oob_tcp_keepalive_time") == 0) {
        f->keepalive = read_number(index);
    }
}

static void look(findings *f)
{
    int level, count = 0;

    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &level) != MPI_SUCCESS) {
        return;
    }
    if (MPI_T_cvar_get_num(&count) == MPI_SUCCESS) {
        for (int i = 0; i < count; i++) {
            look_at(f, i);
        }
    }
    MPI_T_finalize();
}

/* "ob1 over tcp, vader, self". */
static void list_transports(const findings *f, char *text, size_t size)
{
    const char *pml = f->n[0] > 0 ? f->name[0][0] : "not told by this library";
    const int k = strcmp(pml, "ob1") == 0 ? 1 : strcmp(pml, "cm") == 0 ? 2 : 0;
    size_t n = (size_t)snprintf(text, size, "%s", pml);

    for (int i = 0; k > 0 && i < f->n[k]; i++) {
        n += (size_t)snprintf(text + n, size - n, "%s%s",
                              i == 0 ? " over " : ", ", f->name[k][i]);
    }
}

static void say_library(doctor *d, const findings *f)
{
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = "", list[DOCTOR_TEXT] = "";
    int length = 0;

    EXG_MPI(MPI_Get_library_version(version, &length));
    version[strcspn(version, ",\n")] = '\0';
    list_transports(f, list, sizeof list);
    doctor_say(d, DOCTOR_GOOD, "MPI", "%.200s; messages by %s", version, list);
}

/* A host with more ranks than cores, or -1. */
static int crowded(const doctor *d)
{
    for (int h = 0; h < d->nhost; h++) {
        if (d->host[h].ranks > d->rank[d->host[h].first].online) {
            return h;
        }
    }
    return -1;
}

static void judge_waiting(doctor *d, const findings *f)
{
    const int h = crowded(d);

    if (h >= 0 && f->yield == 0) {
        doctor_say(d, DOCTOR_WARNING, "waiting",
                   "ranks keep their core while they wait, though %.64s has "
                   "more ranks than cores: a thousand times slower; mend: "
                   "export OMPI_MCA_mpi_yield_when_idle=1",
                   d->rank[d->host[h].first].host);
    } else if (f->yield >= 0) {
        doctor_say(d, DOCTOR_GOOD, "waiting",
                   f->yield > 0 ? "a rank that waits gives up its core"
                                : "a rank that waits keeps its core, which "
                                  "is fastest");
    }
}

/* Were the ranks started by mpirun, and not by srun itself? */
static int under_mpirun(void)
{
    return getenv("OMPI_MCA_orte_hnp_uri") != NULL;
}

static void judge_keepalive(doctor *d, const findings *f)
{
    if (d->nhost < 2 || f->keepalive < 0) {
        return;
    }
    if (!under_mpirun()) {
        doctor_say(d, DOCTOR_GOOD, "lost hosts",
                   "SLURM ends the job, after its SlurmdTimeout");
    } else if (f->keepalive == 0 || f->keepalive > 60) {
        doctor_say(d, DOCTOR_WARNING, "lost hosts",
                   "mpirun hangs for ten minutes and more when a host is cut "
                   "off; mend: export OMPI_MCA_oob_tcp_keepalive_time=3 "
                   "OMPI_MCA_oob_tcp_keepalive_intvl=1 "
                   "OMPI_MCA_oob_tcp_keepalive_probes=3");
    } else {
        doctor_say(d, DOCTOR_GOOD, "lost hosts",
                   "noticed by mpirun, by probes after %d s of silence",
                   f->keepalive);
    }
}

void doctor_check_mpi(doctor *d)
{
    findings f = {.yield = -1, .keepalive = -1};

    look(&f);
    say_library(d, &f);
    judge_waiting(d, &f);
    judge_keepalive(d, &f);
}
