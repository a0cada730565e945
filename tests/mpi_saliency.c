/* mpi_saliency.c -- maps against finite differences, against each other, and
 * the same bits from any ranks. */
#include <math.h>
#include <string.h>

#include "data/lanes.h"
#include "explain/blank.h"
#include "explain/saliency.h"
#include "sets.h"
#include "support.h"

enum {
    SET = 61,     /* images                    */
    SAMPLES = 37, /* with maps: 2 blocks and 5 */
    VALUES = SAMPLES * SETS_PIXELS,
    CHECKED = 3, /* samples in finite differences */
    PAIRS = EXG_LANE / 2
};

/* What one computation owns. */
typedef struct {
    exg_par par;
    exg_dataset *set;
    exg_net *net;
    exg_pass *pass;
    exg_saliency *s;
} maps;

/* Maps of the network before training and of another, as two frames. */
static void maps_create(exg_par par, int target, exg_baseline baseline, maps *m)
{
    const exg_saliency_plan plan = {
        .samples = SAMPLES, .target = target, .baseline = baseline, .seed = 12};

    m->par = par;
    m->set = sets_synth(&m->par, SET);
    m->s = NULL;
    sets_net(4, NULL, &m->net, &m->pass);
    ck_ok(world, exg_saliency_create(&m->par, m->set, plan, &m->s));
    ck_ok(world, exg_saliency_run(&m->par, m->s, m->pass, -1));
    exg_init_uniform(m->net, 7);
    ck_ok(world, exg_saliency_run(&m->par, m->s, m->pass, 0));
}

static void maps_clear(maps *m)
{
    exg_saliency_destroy(&m->par, &m->s);
    exg_pass_destroy(&m->pass);
    exg_net_destroy(&m->net);
    exg_source_destroy(&m->set);
}

static int equal(exg_int n, const float *a, const float *b)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

static const int target[] = {EXG_TARGET_TRUE, EXG_TARGET_PREDICTED,
                             EXG_TARGET_SUM, 3};
static const exg_baseline baseline[] = {EXG_BASELINE_BLACK, EXG_BASELINE_MEAN,
                                        EXG_BASELINE_BLUR, EXG_BASELINE_NOISE};

START_TEST(maps_are_those_of_one_rank)
{
    exg_par alone = sets_alone();
    int same = 1;
    maps a, b;

    maps_create(*world, target[_i / 4], baseline[_i % 4], &a);
    maps_create(alone, target[_i / 4], baseline[_i % 4], &b);
    if (world->rank == 0) {
        const size_t row = SAMPLES * sizeof(int32_t);

        same &= equal(VALUES, a.s->source, b.s->source);
        same &= equal(2 * VALUES, a.s->baseline, b.s->baseline);
        same &= equal(2 * VALUES, a.s->saliency, b.s->saliency);
        same &= equal(2 * VALUES, a.s->delta, b.s->delta);
        same &= equal(2 * VALUES, a.s->overlay, b.s->overlay);
        same &= memcmp(a.s->target, b.s->target, row) == 0;
        same &= memcmp(a.s->label, b.s->label, row) == 0;
        same &= a.s->epoch[0] == -1 && a.s->epoch[1] == 0;
        same &= !equal(VALUES, a.s->saliency, a.s->saliency + VALUES);
    }
    ck_all(world, same);
    maps_clear(&a);
    maps_clear(&b);
    MPI_Comm_free(&alone.comm);
}
END_TEST

START_TEST(delta_and_overlay_follow_their_formulas)
{
    int good = 1;
    maps m;

    maps_create(*world, EXG_TARGET_TRUE, baseline[_i], &m);
    for (exg_int i = 0; world->rank == 0 && i < 2 * VALUES; i++) {
        const exg_saliency *s = m.s;
        const float brightness = (s->source[i % VALUES] + 1) / 2;

        good &= s->delta[i] == s->saliency[i] - s->baseline[i];
        good &= s->overlay[i] == s->delta[i] * brightness;
        good &= brightness >= 0 && brightness <= 1;
    }
    for (exg_int i = 0; world->rank == 0 && i < SAMPLES; i++) {
        good &= m.s->index[i] == i && m.s->label[i] == i % 10;
        good &= m.s->target[i] == m.s->label[i];
    }
    ck_all(world, good);
    maps_clear(&m);
}
END_TEST

/* A central difference with a step of 2^-7: logits near 0.1 are rounded to
 * 4e-9, so the quotient is good to 1e-6, beside what a ReLU's kink within the
 * step changes: slopes are up to 0.02 here.  Most must be as good as rounding
 * allows, and none worse than a kink explains. */
#define STEP 0x1p-7
#define ROUNDED 5e-6
#define KINKED 5e-3

/* The logit of `class`, or their sum, of the image in a lane. */
static double score(const exg_pass *pass, int class, int lane)
{
    double sum = 0;

    for (int k = 0; k < 10; k++) {
        sum += class < 0 || class == k
                   ? (double)exg_pass_logits(pass)[k * EXG_LANE + lane]
                   : 0;
    }
    return sum;
}

/* The slopes at pixels p, p + 1 ... of an image that is in all lanes, by one
 * pass: each pixel is raised in a lane of its own and lowered in the next. */
static void slopes(exg_pass *pass, const float *image, int class, exg_int p,
                   double slope[PAIRS])
{
    float *x = exg_pass_input(pass) + p * EXG_LANE;

    for (int j = 0; j < PAIRS; j++) {
        x[j * EXG_LANE + 2 * j] = image[p + j] + (float)STEP;
        x[j * EXG_LANE + 2 * j + 1] = image[p + j] - (float)STEP;
    }
    exg_pass_forward(pass);
    for (int j = 0; j < PAIRS; j++) {
        slope[j] = score(pass, class, 2 * j) - score(pass, class, 2 * j + 1);
        slope[j] /= 2 * STEP;
        x[j * EXG_LANE + 2 * j] = x[j * EXG_LANE + 2 * j + 1] = image[p + j];
    }
}

START_TEST(saliency_is_the_slope_of_the_logit)
{
    exg_par alone;
    maps m;

    maps_create(sets_alone(), target[_i], EXG_BASELINE_BLACK, &m);
    for (exg_int i = 0; i < CHECKED; i++) {
        const float *image = m.s->source + i * SETS_PIXELS;
        const float *map = m.s->saliency + VALUES + i * SETS_PIXELS;
        float *x = exg_pass_input(m.pass);
        double slope[PAIRS] = {0}, largest = 0, off;
        exg_int rounded = 0;

        for (exg_int p = 0; p < SETS_PIXELS * EXG_LANE; p++) {
            x[p] = image[p / EXG_LANE];
        }
        for (exg_int p = 0; p < SETS_PIXELS; p++) {
            if (p % PAIRS == 0) {
                slopes(m.pass, image, m.s->target[i], p, slope);
            }
            off = fabs(slope[p % PAIRS] - (double)map[p]);
            rounded += off < ROUNDED;
            largest = fmax(largest, fabs((double)map[p]));
            ck_assert_msg(off < KINKED, "sample %td pixel %td: %g, want %g", i,
                          p, (double)map[p], slope[p % PAIRS]);
        }
        ck_assert_msg(rounded > SETS_PIXELS / 2, "%td of %d pixels", rounded,
                      SETS_PIXELS);
        ck_assert(largest > 100 * ROUNDED);
    }
    alone = m.par;
    maps_clear(&m);
    MPI_Comm_free(&alone.comm);
}
END_TEST

/* A dense layer alone is linear: its slope is the same everywhere. */
START_TEST(maps_of_a_linear_network_are_its_weights)
{
    const exg_saliency_plan plan = {.samples = SAMPLES,
                                    .target = EXG_TARGET_TRUE};
    exg_dataset *set = sets_synth(world, SET);
    exg_saliency *s = NULL;
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    int good = 1;

    ck_ok(world, exg_net_create("linear", 1, 28, 28, 10, &net));
    exg_init_uniform(net, 3);
    ck_ok(world, exg_pass_create(net, &pass));
    ck_ok(world, exg_saliency_create(world, set, plan, &s));
    ck_ok(world, exg_saliency_run(world, s, pass, -1));
    for (exg_int i = 0; world->rank == 0 && i < SAMPLES; i++) {
        const float *weight = net->param + (i % 10) * SETS_PIXELS;

        good &= equal(SETS_PIXELS, s->saliency + i * SETS_PIXELS, weight);
        good &= equal(SETS_PIXELS, s->baseline + i * SETS_PIXELS, weight);
    }
    for (exg_int i = 0; world->rank == 0 && i < VALUES; i++) {
        good &= s->delta[i] == 0 && s->overlay[i] == 0;
    }
    ck_all(world, good);
    exg_saliency_destroy(world, &s);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    exg_source_destroy(&set);
}
END_TEST

START_TEST(mean_blank_is_the_mean_image)
{
    exg_par alone = sets_alone();
    exg_dataset *ours = sets_synth(world, SET);
    exg_dataset *whole = sets_synth(&alone, SET);
    float mean[SETS_PIXELS];
    int good = 1;

    ck_ok(world, exg_blank_mean(world, &ours->train, mean));
    for (exg_int p = 0; p < SETS_PIXELS; p++) {
        double sum = 0;

        for (exg_int i = 0; i < SET; i++) {
            sum +=
                (double)exg_lanes_pixel(exg_source_image(&whole->train, i)[p]);
        }
        good &= fabs((double)mean[p] - sum / SET) < 1e-6;
    }
    ck_all(world, good);
    exg_source_destroy(&ours);
    exg_source_destroy(&whole);
    MPI_Comm_free(&alone.comm);
}
END_TEST

START_TEST(blanks_keep_what_is_constant_and_stay_in_range)
{
    static _Alignas(64) float x[SETS_PIXELS * EXG_LANE];
    static _Alignas(64) float work[SETS_PIXELS * EXG_LANE];
    static _Alignas(64) float x0[SETS_PIXELS * EXG_LANE];
    exg_int index[EXG_LANE];
    double sum = 0;

    for (int s = 0; s < EXG_LANE; s++) {
        index[s] = s;
    }
    for (exg_int i = 0; i < SETS_PIXELS * EXG_LANE; i++) {
        x[i] = 0.25f;
    }
    exg_blank_block(EXG_BASELINE_BLUR, 1, 28, 28, 1, NULL, index, x, work, x0);
    for (exg_int i = 0; i < SETS_PIXELS * EXG_LANE; i++) {
        ck_assert_double_eq_tol((double)x0[i], 0.25, 1e-6);
    }
    exg_blank_block(EXG_BASELINE_NOISE, 1, 28, 28, 1, NULL, index, x, work, x0);
    for (exg_int i = 0; i < SETS_PIXELS * EXG_LANE; i++) {
        ck_assert(x0[i] >= -1 && x0[i] < 1);
        sum += (double)x0[i];
    }
    ck_assert(fabs(sum) < 5 * sqrt(SETS_PIXELS * EXG_LANE / 3.0));
    exg_blank_block(EXG_BASELINE_BLACK, 1, 28, 28, 1, NULL, index, x, work, x0);
    for (exg_int i = 0; i < SETS_PIXELS * EXG_LANE; i++) {
        ck_assert(x0[i] == -1);
    }
}
END_TEST

START_TEST(what_is_not_there_is_refused_by_name)
{
    exg_saliency_plan plan = {.samples = 5, .target = 10};
    exg_dataset *set = sets_synth(world, SET);
    exg_saliency *s = NULL;

    ck_refused(world, exg_saliency_create(world, set, plan, &s), EXG_EUSAGE,
               "--target: 10, want a class 0 to 9");
    plan.target = 9;
    plan.samples = SET + 1;
    ck_refused(world, exg_saliency_create(world, set, plan, &s), EXG_EUSAGE,
               "--saliency-samples: 62");
    ck_all(world, s == NULL);
    exg_source_destroy(&set);
}
END_TEST

START_TEST(network_of_nan_ends_on_all_ranks)
{
    const exg_saliency_plan plan = {.samples = 5, .target = EXG_TARGET_SUM};
    exg_dataset *set = sets_synth(world, SET);
    exg_saliency *s = NULL;
    exg_net *net = NULL;
    exg_pass *pass = NULL;

    sets_net(4, NULL, &net, &pass);
    for (exg_int i = 0; i < net->nparam; i++) {
        net->param[i] = NAN;
    }
    ck_ok(world, exg_saliency_create(world, set, plan, &s));
    ck_refused(world, exg_saliency_run(world, s, pass, -1), EXG_ENUMERIC,
               "saliency of sample 0");
    exg_saliency_destroy(world, &s);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    exg_source_destroy(&set);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("saliency");
    TCase *tc = exg_case(s, "saliency");

    tcase_add_loop_test(tc, maps_are_those_of_one_rank, 0, 16);
    tcase_add_loop_test(tc, delta_and_overlay_follow_their_formulas, 0, 4);
    tcase_add_loop_test(tc, saliency_is_the_slope_of_the_logit, 0, 4);
    tcase_add_test(tc, maps_of_a_linear_network_are_its_weights);
    tcase_add_test(tc, mean_blank_is_the_mean_image);
    tcase_add_test(tc, blanks_keep_what_is_constant_and_stay_in_range);
    tcase_add_test(tc, what_is_not_there_is_refused_by_name);
    tcase_add_test(tc, network_of_nan_ends_on_all_ranks);
    return s;
}
