/* bench_kern.c -- speed of each kernel in network `basic`, per instruction
 * set, beside the multiply-add peak of the same core in the same run.
 *
 * Multiply-adds are those of the direct method, so a method that needs fewer
 * may pass 100 %.  CPU time, so that other processes disturb little; the least
 * of several runs. usage: bench_kern [avx512|avx2|base ...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "core/rng.h"
#include "model/init.h"
#include "model/pass.h"

enum {
    TIMES = 15,       /* measurements, of which the least counts */
    PEAK_STEPS = 1000 /* times 12 vectors                        */
};

#define SECONDS_EACH 0.01 /* least length of a measurement */

static double cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Least CPU seconds of one call. */
static double seconds_of(void (*run)(void *), void *arg)
{
    double best = 1e9;
    int calls = 1;

    for (int i = 0; i < TIMES; i++) {
        double t = cpu_now();

        for (int j = 0; j < calls; j++) {
            run(arg);
        }
        t = cpu_now() - t;
        if (t < SECONDS_EACH && calls < 1 << 20) {
            calls *= 2;
            i = -1;
            continue;
        }
        t /= calls;
        best = t < best ? t : best;
    }
    return best;
}

/* Twelve independent chains of multiply-adds: more than latency times units of
 * any x86 so far.  The results are kept, so that the loop is. */
#if defined(__x86_64__)
#define PEAK(name, isa, vec, all, fma, store)                \
    __attribute__((target(isa))) static void name(void *out) \
    {                                                        \
        vec acc[12];                                         \
        const vec a = all(0.5f), b = all(1.0f);              \
                                                             \
        for (int i = 0; i < 12; i++) {                       \
            acc[i] = all((float)i);                          \
        }                                                    \
        for (int s = 0; s < PEAK_STEPS; s++) {               \
            for (int i = 0; i < 12; i++) {                   \
                acc[i] = fma(acc[i], a, b);                  \
            }                                                \
        }                                                    \
        for (int i = 1; i < 12; i++) {                       \
            acc[0] = fma(acc[i], a, acc[0]);                 \
        }                                                    \
        store(out, acc[0]);                                  \
    }
PEAK(peak_avx512, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps,
     _mm512_storeu_ps)
PEAK(peak_avx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps,
     _mm256_storeu_ps)
#endif

/* GFLOP/s of multiply-adds in registers, or 0 where not known. */
static double peak_of(const char *isa)
{
#if defined(__x86_64__)
    float out[16];

    if (strcmp(isa, "avx512") == 0) {
        return 2e-9 * 12 * 16 * PEAK_STEPS / seconds_of(peak_avx512, out);
    }
    if (strcmp(isa, "avx2") == 0) {
        return 2e-9 * 12 * 8 * PEAK_STEPS / seconds_of(peak_avx2, out);
    }
#endif
    (void)isa;
    return 0.0;
}

/* One layer's arrays. */
typedef struct {
    const exg_kern *kern;
    const exg_layer *l;
    exg_conv_shape s;
    float *x, *y, *w, *b, *dx, *dw, *db, *work;
} bed;

static void forward(void *arg)
{
    bed *t = arg;

    if (t->l->kind == EXG_LAYER_CONV) {
        t->kern->conv_forward(&t->s, t->x, t->w, t->b, 1, t->y, t->work);
    } else {
        t->kern->dense_forward(t->l->ic * t->l->ih * t->l->iw, t->l->oc, t->x,
                               t->w, t->b, t->y);
    }
}

static void to_input(void *arg)
{
    bed *t = arg;

    if (t->l->kind == EXG_LAYER_CONV) {
        t->kern->conv_dgrad(&t->s, t->y, t->w, t->x, t->dx, t->work);
    } else {
        t->kern->dense_dgrad(t->l->ic * t->l->ih * t->l->iw, t->l->oc, t->y,
                             t->w, t->x, t->dx);
    }
}

static void to_params(void *arg)
{
    bed *t = arg;

    if (t->l->kind == EXG_LAYER_CONV) {
        t->kern->conv_wgrad(&t->s, t->x, t->y, t->dw, t->db, t->work);
    } else {
        t->kern->dense_wgrad(t->l->ic * t->l->ih * t->l->iw, t->l->oc, t->x,
                             t->y, t->dw, t->db, t->work);
    }
}

static float *array(exg_int n)
{
    const exg_rng stream = {.seed = 1, .use = EXG_RNG_SYNTH};
    float *v = NULL;

    if (exg_new(&v, n) != EXG_OK) {
        fprintf(stderr, "bench_kern: %s\n", exg_err_text());
        exit(EXIT_FAILURE);
    }
    for (exg_int i = 0; i < n; i++) {
        v[i] = exg_rng_uniform(stream, (uint64_t)i) - 0.5f;
    }
    return v;
}

static void print_rate(double macs, double seconds, double peak)
{
    const double rate = 2e-9 * macs / seconds;

    printf(" %7.1f us %6.1f", 1e6 * seconds, rate);
    if (peak > 0.0) {
        printf(" %3.0f%%", 100.0 * rate / peak);
    }
}

/* One line: forward, towards the input, towards the parameters. */
static void bench_layer(const exg_kern *kern, const exg_layer *l, double peak)
{
    bed t = {.kern = kern, .l = l};
    const exg_int nx = l->ic * l->ih * l->iw * EXG_LANE;
    const exg_int ny = l->oc * l->oh * l->ow * EXG_LANE;
    const exg_int fan = l->nweight / l->oc;
    const double macs = (double)(fan * ny);

    t.s = (exg_conv_shape){l->ic, l->ih, l->iw, l->oc, l->oh, l->ow, l->k};
    t.x = array(nx);
    t.dx = array(nx);
    t.y = array(ny);
    t.w = array(l->nweight);
    t.dw = array(l->nweight);
    t.b = array(l->oc);
    t.db = array(l->oc);
    t.work = array(l->kind == EXG_LAYER_CONV ? kern->conv_work(&t.s) : nx);
    printf("%-8s", l->name);
    print_rate(macs, seconds_of(forward, &t), peak);
    print_rate(macs, seconds_of(to_input, &t), peak);
    print_rate(macs, seconds_of(to_params, &t), peak);
    printf("\n");
    exg_free(t.x);
    exg_free(t.dx);
    exg_free(t.y);
    exg_free(t.w);
    exg_free(t.dw);
    exg_free(t.b);
    exg_free(t.db);
    exg_free(t.work);
}

static void run_forward(void *pass)
{
    exg_pass_forward(pass);
}

static void run_step(void *arg)
{
    static const int32_t target[EXG_LANE] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const float weight[EXG_LANE] = {1, 1, 1, 1, 1, 1, 1, 1,
                                           1, 1, 1, 1, 1, 1, 1, 1};
    static float grad[5113];
    float loss[EXG_LANE];

    exg_pass_forward(arg);
    exg_pass_loss(arg, target, weight, loss);
    exg_pass_backward_params(arg, grad);
}

/* Multiply-adds of a training step of one image: no gradient towards the
 * input of the first layer. */
static double step_macs(const exg_net *net)
{
    double macs = 0.0;

    for (exg_int i = 0; i < net->nlayer; i++) {
        const exg_layer *l = &net->layer[i];

        if (l->weight >= 0) {
            macs += (i == 0 ? 2.0 : 3.0) * (double)(l->nweight * l->oh * l->ow);
        }
    }
    return macs;
}

static int bench(const char *isa)
{
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    double peak, t;

    setenv("EXG_ISA", isa, 1);
    if (exg_net_create("basic", 1, 28, 28, 10, &net) != EXG_OK ||
        exg_pass_create(net, &pass) != EXG_OK) {
        printf("%s: %s\n", isa, exg_err_text());
        exg_err_clear();
        exg_net_destroy(&net);
        return 1;
    }
    exg_init_uniform(net, 1);
    for (exg_int i = 0; i < net->ninput * EXG_LANE; i++) {
        exg_pass_input(pass)[i] = (float)(i % 255) / 127.5f - 1.0f;
    }
    peak = peak_of(isa);
    printf("%s: peak %.1f GFLOP/s; lane blocks of %d\n", isa, peak, EXG_LANE);
    printf("layer     forward: time, GFLOP/s     towards input           "
           "towards parameters\n");
    for (exg_int i = 0; i < net->nlayer; i++) {
        if (net->layer[i].weight >= 0) {
            bench_layer(net->kern, &net->layer[i], peak);
        }
    }
    t = seconds_of(run_forward, pass);
    printf("forward  %8.0f images/s\n", EXG_LANE / t);
    t = seconds_of(run_step, pass);
    printf("step     %8.0f images/s, %.1f GFLOP/s", EXG_LANE / t,
           2e-9 * EXG_LANE * step_macs(net) / t);
    if (peak > 0.0) {
        printf(", %.0f%% of peak", 2e-7 * EXG_LANE * step_macs(net) / t / peak);
    }
    printf("\n\n");
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const all[] = {"avx512", "avx2", "base"};
    int failed = 0;

    for (int i = 0; argc < 2 && i < 3; i++) {
        bench(all[i]); /* a set this CPU lacks says so */
    }
    for (int i = 1; i < argc; i++) {
        failed += bench(argv[i]);
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
