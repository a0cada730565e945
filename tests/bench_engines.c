/* bench_engines.c -- does the engine `auto` choose the faster one?
 *
 *     bench_engines [MOST]
 *
 * Measures one call of `exact` and of `fft` on maps of several sizes (up to
 * MOST points, 40,000), widths and dimensions, and asks `auto` what it would
 * have done: a line for each, and at the end "CHOSE OF WORST": how often its
 * choice was the faster, of how many, and its longest time relative to the
 * faster's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "embed/repulse.h"
#include "embed/repulse_fft.h"
#include "par/reduce.h"
#include "places.h"

enum {
    WARM = 2,  /* calls in which a grid is made and finds its spacing */
    LEAST = 4, /* calls in all                                        */
    MOST = 60
};

#define ENOUGH 0.5 /* seconds of them */

typedef struct {
    exg_int n;
    int dims;
    double reach;
} place;

static void panic(void)
{
    exg_par_panic(__FILE__, __LINE__, exg_err_text(), MPI_ERR_OTHER);
}

/* Seconds of the fastest call; *pairs: 1 if the last was of all pairs. */
static double measure(const exg_par *par, const exg_kern *kern,
                      const exg_repulse *engine, const exg_cloud *cloud,
                      float *f, int *pairs)
{
    double best = INFINITY, spent = 0.0, z;
    void *state = NULL;
    int before = 0;

    if (engine->create(par, kern, cloud->total, cloud->dims, &state) !=
        EXG_OK) {
        panic();
    }
    for (int t = 0; t < LEAST || (t < MOST && spent < ENOUGH); t++) {
        const double from = exg_clock_now();
        double seconds;

        if (engine != &exg_repulse_exact) {
            before = exg_repulse_fft_cost(state).pairs;
        }
        if (engine->forces(par, state, cloud, f, &z) != EXG_OK) {
            panic();
        }
        seconds = exg_reduce_max(par, exg_clock_now() - from);
        best = t >= WARM ? fmin(best, seconds) : best;
        spent += seconds;
    }
    if (engine != &exg_repulse_exact) {
        *pairs = exg_repulse_fft_cost(state).pairs > before;
    }
    engine->destroy(&state);
    return best;
}

/* How much longer than the better engine the choice takes; at least 1. */
static double compare(const exg_par *par, const exg_kern *kern, const place *p)
{
    exg_cloud cloud;
    float *all = NULL, *f = NULL;
    double exact, fft, took;
    int pairs = 0, only = 0;

    if (exg_new(&all, p->n * p->dims) != EXG_OK ||
        exg_new(&f, p->n * p->dims) != EXG_OK ||
        exg_cloud_create(p->n, p->dims, &cloud) != EXG_OK) {
        panic();
    }
    places_balls(p->n, p->dims, p->reach, all);
    if (exg_cloud_fill(&cloud, all) != EXG_OK) {
        panic();
    }
    exact = measure(par, kern, &exg_repulse_exact, &cloud, f, &only);
    fft = measure(par, kern, &exg_repulse_fft, &cloud, f, &only);
    measure(par, kern, &exg_repulse_auto, &cloud, f, &pairs);
    took = (pairs ? exact : fft) / fmin(exact, fft);
    if (par->rank == 0) {
        printf("%8td points %d-D +-%-4g exact %9.3f ms  fft %9.3f ms%s  auto "
               "takes %-5s %.2f\n",
               p->n, p->dims, p->reach, 1e3 * exact, 1e3 * fft,
               only ? " (all pairs)" : "", pairs ? "exact" : "fft", took);
        fflush(stdout);
    }
    exg_cloud_destroy(&cloud);
    exg_free(all);
    exg_free(f);
    return took;
}

int main(int argc, char **argv)
{
    static const exg_int size[] = {1000,  2000,  3000,  5000, 7000,
                                   10000, 14000, 20000, 40000};
    static const double reach[][3] = {{5.0, 30.0, 100.0}, {3.0, 12.0, 30.0}};
    const exg_int most = argc > 1 ? atol(argv[1]) : 40000;
    const exg_kern *kern = NULL;
    exg_par par;
    double worst = 1.0;
    int right = 0, of = 0;

    if (exg_par_start(&argc, &argv, &par) != EXG_OK ||
        exg_kern_select(getenv("EXG_ISA"), &kern) != EXG_OK) {
        panic();
    }
    for (int dims = 2; dims <= 3; dims++) {
        for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
            for (int r = 0; r < 3 && size[i] <= most; r++) {
                const place p = {size[i], dims, reach[dims - 2][r]};
                const double took = compare(&par, kern, &p);

                right += took <= 1.0;
                of++;
                worst = fmax(worst, took);
            }
        }
    }
    if (par.rank == 0) {
        printf("%d %d %.2f\n", right, of, worst);
    }
    exg_par_stop(&par);
    return 0;
}
