/* doctor_cores.c -- ranks, hosts, cores, instruction sets.
 *
 * Ranks of a host are well placed where the cores they may run on, together,
 * are at least as many as the ranks: bound to a core each, or not bound at all.
 * They are badly placed where the launcher has bound several to few cores of a
 * host that has more. */
#include "doctor_impl.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kern/kern.h"

enum {
    HOSTS_NAMED = 8
};

void doctor_ask_self(doctor_rank *self)
{
    const exg_kern *kern = NULL;
    int length = 0;

    EXG_MPI(MPI_Get_processor_name(self->host, &length));
    self->online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (sched_getaffinity(0, sizeof self->cores, &self->cores) != 0) {
        CPU_ZERO(&self->cores);
    }
    self->threads = openblas_get_num_threads();
    snprintf(self->blas, sizeof self->blas, "%.31s", openblas_get_corename());
    if (exg_kern_select(NULL, &kern) == EXG_OK) {
        snprintf(self->best, sizeof self->best, "%s", kern->isa);
    }
    if (exg_kern_select(getenv("EXG_ISA"), &kern) == EXG_OK) {
        snprintf(self->kernels, sizeof self->kernels, "%s", kern->isa);
    }
    exg_err_clear(); /* an EXG_ISA that is not there leaves "kernels" empty */
}

void doctor_check_hosts(doctor *d)
{
    char text[DOCTOR_TEXT] = "";
    size_t n = 0;

    for (int h = 0; h < d->nhost && h < HOSTS_NAMED; h++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.64s: %d",
                              h > 0 ? ", " : "", d->rank[d->host[h].first].host,
                              d->host[h].ranks);
    }
    doctor_say(d, DOCTOR_GOOD, "ranks", "%d on %d host%s (%s%s)", d->par->size,
               d->nhost, d->nhost == 1 ? "" : "s", text,
               d->nhost > HOSTS_NAMED ? ", ..." : "");
}

/* How the ranks of a host share its cores. */
typedef struct {
    int cores;   /* that any of them may use             */
    int most;    /* cores of the rank that may use most  */
    int overlap; /* a rank that shares cores with others while not all ranks
                    have the same, or -1                 */
} placement;

static placement place(const doctor *d, int h)
{
    placement p = {.overlap = -1};
    cpu_set_t all, both;
    const cpu_set_t *first = &d->rank[d->host[h].first].cores;

    CPU_ZERO(&all);
    for (int r = 0; r < d->par->size; r++) {
        const cpu_set_t *mine = &d->rank[r].cores;

        if (d->rank[r].index != h) {
            continue;
        }
        CPU_AND(&both, &all, mine);
        if (CPU_COUNT(&both) > 0 && !CPU_EQUAL(mine, first)) {
            p.overlap = r;
        }
        CPU_OR(&all, &all, mine);
        if (CPU_COUNT(mine) > p.most) {
            p.most = CPU_COUNT(mine);
        }
    }
    p.cores = CPU_COUNT(&all);
    return p;
}

static void judge_threads(doctor *d, int h, const placement *p)
{
    const doctor_rank *first = d->rank + d->host[h].first;
    const int ranks = d->host[h].ranks;

    if (first->threads > 1 && first->threads * ranks > p->cores) {
        doctor_say(d, DOCTOR_WARNING, "threads",
                   "%.64s: OpenBLAS starts %d threads in each of %d ranks on "
                   "%d cores; mend: export OPENBLAS_NUM_THREADS=1",
                   first->host, first->threads, ranks, p->cores);
    } else if (h == 0) {
        doctor_say(d, DOCTOR_GOOD, "threads", "%d per rank", first->threads);
    }
}

static void judge_binding(doctor *d, int h, const placement *p)
{
    const doctor_rank *first = d->rank + d->host[h].first;
    const int ranks = d->host[h].ranks;

    if (ranks > p->cores && p->cores < first->online) {
        doctor_say(d, DOCTOR_WARNING, "binding",
                   "%.64s: %d ranks may use %d of its %d cores; mend: mpirun "
                   "--bind-to none, srun --cpu-bind=cores, or ask for more "
                   "cores",
                   first->host, ranks, p->cores, first->online);
    } else if (ranks > p->cores) {
        doctor_say(d, DOCTOR_WARNING, "binding",
                   "%.64s: %d ranks on %d cores; mend: start %d", first->host,
                   ranks, p->cores, p->cores);
    } else if (p->overlap >= 0) {
        doctor_say(d, DOCTOR_WARNING, "binding",
                   "%.64s: rank %d shares some of its cores with other ranks; "
                   "mend: mpirun --bind-to core, or --bind-to none",
                   first->host, p->overlap);
    } else if (h == 0) {
        doctor_say(d, DOCTOR_GOOD, "binding",
                   "%d core%s for %d rank%s, %d for one rank", p->cores,
                   p->cores == 1 ? "" : "s", ranks, ranks == 1 ? "" : "s",
                   p->most);
    }
}

void doctor_check_binding(doctor *d)
{
    for (int h = 0; h < d->nhost; h++) {
        const placement p = place(d, h);

        judge_binding(d, h, &p);
        judge_threads(d, h, &p);
    }
}

/* The first rank that differs from rank 0 in a text of the struct, or 0. */
static int first_other(const doctor *d, size_t offset)
{
    for (int r = 1; r < d->par->size; r++) {
        if (strcmp((const char *)(d->rank + r) + offset,
                   (const char *)d->rank + offset) != 0) {
            return r;
        }
    }
    return 0;
}

static void judge_kernels(doctor *d)
{
    const doctor_rank *zero = d->rank;
    const int other = first_other(d, offsetof(doctor_rank, kernels));

    if (zero->kernels[0] == '\0') {
        doctor_say(d, DOCTOR_BAD, "vectors",
                   "EXG_ISA=%.40s is not available here; mend: unset EXG_ISA",
                   getenv("EXG_ISA"));
    } else if (other > 0) {
        doctor_say(d, DOCTOR_WARNING, "vectors",
                   "%s on %.64s, but %s on %.64s; mend: ask for nodes of one "
                   "type, the slowest holds up all",
                   zero->kernels, zero->host, d->rank[other].kernels,
                   d->rank[other].host);
    } else if (strcmp(zero->kernels, zero->best) != 0) {
        doctor_say(d, DOCTOR_WARNING, "vectors",
                   "%s, though this CPU has %s; mend: unset EXG_ISA",
                   zero->kernels, zero->best);
    } else {
        doctor_say(d, DOCTOR_GOOD, "vectors", "%s, the widest of this CPU",
                   zero->kernels);
    }
}

/* Does the CPU have AVX-512, and is the BLAS told to do without? */
static int is_held(const doctor_rank *zero)
{
    return getenv("OPENBLAS_CORETYPE") != NULL &&
           strcmp(zero->best, "avx512") == 0 &&
           strcmp(zero->blas, "SkylakeX") != 0 &&
           strcmp(zero->blas, "Cooperlake") != 0 &&
           strcmp(zero->blas, "SapphireRapids") != 0;
}

static void judge_blas(doctor *d)
{
    const doctor_rank *zero = d->rank;
    const int other = first_other(d, offsetof(doctor_rank, blas));

    if (other > 0) {
        doctor_say(d, DOCTOR_WARNING, "BLAS",
                   "kernel %s on %.64s, but %s on %.64s: results are not the "
                   "bits of other runs; mend: ask for nodes of one type, or "
                   "export OPENBLAS_CORETYPE=%s",
                   zero->blas, zero->host, d->rank[other].blas,
                   d->rank[other].host, zero->blas);
    } else if (is_held(zero)) {
        doctor_say(d, DOCTOR_WARNING, "BLAS",
                   "kernel %s, by OPENBLAS_CORETYPE, below this CPU's "
                   "AVX-512; mend: unset OPENBLAS_CORETYPE",
                   zero->blas);
    } else {
        doctor_say(d, DOCTOR_GOOD, "BLAS", "OpenBLAS, kernel %s", zero->blas);
    }
}

void doctor_check_cpu(doctor *d)
{
    judge_kernels(d);
    judge_blas(d);
}
