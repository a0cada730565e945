/* bench_fft.c -- the grid engine: seconds per part of an iteration, error.
 *
 * bench_fft [N] [dims] [reach] [iterations] [error: 0|1]: N points (70,000) in
 * twelve clusters within +-reach (80). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "embed/repulse.h"
#include "embed/repulse_fft.h"
#include "par/reduce.h"
#include "places.h"

static void print_error(const exg_par *par, const exg_kern *kern, double guess,
                        const exg_cloud *cloud, const float *f, double z)
{
    const exg_shard mine = exg_shard_mine(par, cloud->total);
    double sum[2] = {0.0}, most = 0.0, zx = 1.0;
    void *exact = NULL;
    float *x = NULL;

    if (exg_repulse_exact.create(par, kern, cloud->total, cloud->dims,
                                 &exact) != EXG_OK ||
        exg_new(&x, mine.count * cloud->dims) != EXG_OK ||
        exg_repulse_exact.forces(par, exact, cloud, x, &zx) != EXG_OK) {
        MPI_Abort(par->comm, 1);
    }
    for (exg_int i = 0; i < mine.count; i++) {
        double e2 = 0.0;

        for (int k = 0; k < cloud->dims; k++) {
            const exg_int a = i * cloud->dims + k;

            e2 += pow((double)f[a] - (double)x[a], 2);
            sum[1] += pow((double)x[a], 2);
        }
        sum[0] += e2;
        most = fmax(most, e2);
    }
    MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, par->comm);
    most = exg_reduce_max(par, most);
    if (par->rank == 0) {
        printf("force error %.2e (estimate %.2e) of all, largest %.2e of the "
               "mean square root "
               "force %.3g; Z %.2e\n",
               sqrt(sum[0] / sum[1]), guess,
               sqrt(most / (sum[1] / (double)cloud->total)),
               sqrt(sum[1] / (double)cloud->total), z / zx - 1.0);
    }
    exg_repulse_exact.destroy(&exact);
    exg_free(x);
}

static exg_fft_cost minus(exg_fft_cost a, const exg_fft_cost *b)
{
    double *x = &a.grid;
    const double *y = &b->grid;

    for (int i = 0; i < EXG_FFT_PARTS; i++) {
        x[i] -= y[i];
    }
    a.bytes -= b->bytes;
    return a;
}

/* What an iteration of the best took, and where. */
static void print_cost(const exg_par *par, const exg_cloud *cloud, double reach,
                       double best, double first, const exg_fft_cost *least)
{
    if (par->rank == 0) {
        printf("%td points, %d-D, +-%g, %d ranks: %.2f ms (first %.1f, %d "
               "nodes)\n  ",
               cloud->total, cloud->dims, reach, par->size, 1e3 * best,
               1e3 * first, least->nodes);
        for (int i = 0; i < EXG_FFT_PARTS; i++) {
            printf("%s %.2f  ", exg_fft_part[i], 1e3 * (&least->grid)[i]);
        }
        printf("ms, %.3f MB sent\n", 1e-6 * least->bytes);
    }
}

int main(int argc, char **argv)
{
    const exg_int n = argc > 1 ? atol(argv[1]) : 70000;
    const int dims = argc > 2 ? atoi(argv[2]) : 2;
    const double reach = argc > 3 ? atof(argv[3]) : 80.0;
    const int iterations = argc > 4 ? atoi(argv[4]) : 10;
    const exg_kern *kern = NULL;
    exg_par par;
    exg_cloud cloud;
    float *all = NULL, *f = NULL;
    void *state = NULL;
    double z = 0.0, best = 1e9, first = 0.0;
    exg_fft_cost least = {0};

    if (exg_par_start(&argc, &argv, &par) != EXG_OK ||
        exg_kern_select(getenv("EXG_ISA"), &kern) != EXG_OK ||
        exg_new(&all, n * dims) != EXG_OK || exg_new(&f, n * dims) != EXG_OK ||
        exg_cloud_create(n, dims, &cloud) != EXG_OK) {
        exg_par_panic(__FILE__, __LINE__, exg_err_text(), MPI_ERR_OTHER);
    }
    places_balls(n, dims, reach, all);
    if (exg_cloud_fill(&cloud, all) != EXG_OK ||
        exg_repulse_fft.create(&par, kern, n, dims, &state) != EXG_OK) {
        exg_par_panic(__FILE__, __LINE__, exg_err_text(), MPI_ERR_OTHER);
    }
    for (int t = 0; t < iterations; t++) {
        const double from = exg_clock_now();
        const exg_fft_cost before = exg_repulse_fft_cost(state);
        double seconds;

        if (exg_repulse_fft.forces(&par, state, &cloud, f, &z) != EXG_OK) {
            MPI_Abort(par.comm, 1);
        }
        seconds = exg_reduce_max(&par, exg_clock_now() - from);
        first = t == 0 ? seconds : first;
        if (seconds < best) {
            best = seconds;
            least = exg_repulse_fft_cost(state);
            least = minus(least, &before);
        }
    }
    least.nodes = exg_repulse_fft_cost(state).nodes;
    print_cost(&par, &cloud, reach, best, first, &least);
    if (argc > 5 && atoi(argv[5]) != 0) {
        print_error(&par, kern, exg_repulse_fft_cost(state).error, &cloud, f,
                    z);
    }
    exg_repulse_fft.destroy(&state);
    exg_cloud_destroy(&cloud);
    exg_free(all);
    exg_free(f);
    exg_par_stop(&par);
    return 0;
}
