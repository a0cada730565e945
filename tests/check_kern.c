/* check_kern.c -- fast kernels against their definitions and each other. */
#include <math.h>
#include <string.h>

#include "kern/ref.h"
#include "kernels.h"

/* Sums of n terms of size about 1 in float: error grows as sqrt(n) * 2^-24,
 * with a margin for the unlucky and for Winograd's transforms. */
#define TOLERANCE(n) (24.0 * 0x1p-24 * (2.0 + sqrt((double)(n))))

/* Every shape the blocking treats in its own way: 1 to 19 channels, kernels 1
 * to 5, images no larger than the kernel, odd widths. */
static const struct {
    exg_int ic, oc, k, h, w;
} shapes[] = {
    {1, 1, 1, 1, 1},   {1, 10, 3, 28, 28}, {10, 7, 3, 26, 26},
    {7, 5, 3, 24, 24}, {5, 1, 3, 22, 22},  {1, 1, 5, 5, 5},
    {2, 3, 5, 6, 9},   {3, 2, 2, 4, 3},    {4, 4, 1, 7, 5},
    {6, 6, 4, 9, 8},   {8, 8, 3, 5, 17},   {9, 11, 3, 7, 6},
    {13, 19, 2, 4, 7}, {3, 17, 5, 5, 11},  {16, 12, 3, 3, 3},
};

enum {
    SHAPES = sizeof shapes / sizeof shapes[0]
};

/* Arrays of one convolution; *_ is what the definition says. */
typedef struct {
    exg_conv_shape s;
    exg_int nx, ny, nw;
    float *x, *w, *b, *y, *dx, *dw, *db, *work;
    float *y_, *dx_, *dw_, *db_;
} bed;

static void make(bed *t, int shape)
{
    const exg_int k = shapes[shape].k;
    exg_conv_shape *s = &t->s;

    memset(t, 0, sizeof *t);
    *s = (exg_conv_shape){.ic = shapes[shape].ic,
                          .ih = shapes[shape].h,
                          .iw = shapes[shape].w,
                          .oc = shapes[shape].oc,
                          .oh = shapes[shape].h - k + 1,
                          .ow = shapes[shape].w - k + 1,
                          .k = k};
    t->nx = s->ic * s->ih * s->iw * EXG_LANE;
    t->ny = s->oc * s->oh * s->ow * EXG_LANE;
    t->nw = s->oc * s->ic * k * k;
    ck_ok(world, exg_new(&t->x, t->nx));
    ck_ok(world, exg_new(&t->w, t->nw));
    ck_ok(world, exg_new(&t->b, s->oc));
    ck_ok(world, exg_new(&t->y, t->ny));
    ck_ok(world, exg_new(&t->dx, t->nx));
    ck_ok(world, exg_new(&t->dw, t->nw));
    ck_ok(world, exg_new(&t->db, s->oc));
    ck_ok(world, exg_new(&t->y_, t->ny));
    ck_ok(world, exg_new(&t->dx_, t->nx));
    ck_ok(world, exg_new(&t->dw_, t->nw));
    ck_ok(world, exg_new(&t->db_, s->oc));
    fill(t->x, t->nx, 1);
    fill(t->w, t->nw, 2);
    fill(t->b, s->oc, 3);
}

static void drop(bed *t)
{
    float *all[] = {t->x,  t->w,    t->b,  t->y,   t->dx,  t->dw,
                    t->db, t->work, t->y_, t->dx_, t->dw_, t->db_};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        exg_free(all[i]);
    }
}

/* The workspace of these kernels, filled with NaN: none may rely on zeros. */
static void give_work(bed *t, const exg_kern *kern)
{
    const exg_int n = kern->conv_work(&t->s);

    exg_free(t->work);
    t->work = NULL;
    ck_ok(world, exg_new(&t->work, n));
    for (exg_int i = 0; i < n; i++) {
        t->work[i] = NAN;
    }
}

START_TEST(conv_forward_is_its_definition)
{
    const exg_kern *kern = kernels(_i / SHAPES);
    bed t;

    if (kern == NULL) {
        return;
    }
    make(&t, _i % SHAPES);
    give_work(&t, kern);
    for (int relu = 0; relu < 2; relu++) {
        const double n = (double)(t.s.ic * t.s.k * t.s.k);

        exg_conv_forward_ref(&t.s, t.x, t.w, t.b, relu, t.y_);
        kern->conv_forward(&t.s, t.x, t.w, t.b, relu, t.y, t.work);
        ck_near(t.y, t.y_, t.ny, TOLERANCE(n), sqrt(n));
    }
    drop(&t);
}
END_TEST

START_TEST(conv_dgrad_is_its_definition)
{
    const exg_kern *kern = kernels(_i / SHAPES);
    bed t;

    if (kern == NULL) {
        return;
    }
    make(&t, _i % SHAPES);
    give_work(&t, kern);
    fill(t.y, t.ny, 4);
    for (int gated = 0; gated < 3; gated++) {
        const double n = (double)(t.s.oc * t.s.k * t.s.k);
        const float *gate = gated == 0 ? NULL : gated == 1 ? t.x : t.dx;

        exg_conv_dgrad_ref(&t.s, t.y, t.w, gated ? t.x : NULL, t.dx_);
        memcpy(t.dx, t.x, (size_t)t.nx * sizeof *t.dx);
        kern->conv_dgrad(&t.s, t.y, t.w, gate, t.dx, t.work);
        ck_near(t.dx, t.dx_, t.nx, TOLERANCE(n), sqrt(n));
    }
    drop(&t);
}
END_TEST

START_TEST(conv_wgrad_is_its_definition)
{
    const exg_kern *kern = kernels(_i / SHAPES);
    bed t;
    double n;

    if (kern == NULL) {
        return;
    }
    make(&t, _i % SHAPES);
    give_work(&t, kern);
    n = (double)(t.s.oh * t.s.ow * EXG_LANE);
    fill(t.y, t.ny, 4);
    exg_conv_wgrad_ref(&t.s, t.x, t.y, t.dw_, t.db_);
    kern->conv_wgrad(&t.s, t.x, t.y, t.dw, t.db, t.work);
    ck_near(t.dw, t.dw_, t.nw, TOLERANCE(n), sqrt(n));
    ck_near(t.db, t.db_, t.s.oc, TOLERANCE(n), sqrt(n));
    drop(&t);
}
END_TEST

START_TEST(avx512_and_avx2_give_the_same_bits)
{
    const exg_kern *kern[2] = {kernels(0), kernels(1)};
    bed t[2];

    if (kern[0] == NULL || kern[1] == NULL) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        make(&t[i], _i);
        give_work(&t[i], kern[i]);
        kern[i]->conv_forward(&t[i].s, t[i].x, t[i].w, t[i].b, 1, t[i].y,
                              t[i].work);
        kern[i]->conv_dgrad(&t[i].s, t[i].y, t[i].w, t[i].x, t[i].dx,
                            t[i].work);
        kern[i]->conv_wgrad(&t[i].s, t[i].x, t[i].y, t[i].dw, t[i].db,
                            t[i].work);
    }
    ck_assert(!memcmp(t[0].y, t[1].y, (size_t)t[0].ny * sizeof(float)));
    ck_assert(!memcmp(t[0].dx, t[1].dx, (size_t)t[0].nx * sizeof(float)));
    ck_assert(!memcmp(t[0].dw, t[1].dw, (size_t)t[0].nw * sizeof(float)));
    ck_assert(!memcmp(t[0].db, t[1].db, (size_t)t[0].s.oc * sizeof(float)));
    drop(&t[0]);
    drop(&t[1]);
}
END_TEST

/* Dense layers of d inputs and k outputs. */
enum {
    D_MAX = 401,
    K_MAX = 23
};

static const exg_int dense_shape[][2] = {{400, 10}, {1, 1},  {7, 2},
                                         {33, 11},  {16, 5}, {401, 23}};

enum {
    DENSES = sizeof dense_shape / sizeof dense_shape[0]
};

typedef struct {
    _Alignas(64) float x[D_MAX * EXG_LANE];
    _Alignas(64) float y[K_MAX * EXG_LANE];
    _Alignas(64) float dx[D_MAX * EXG_LANE];
    _Alignas(64) float work[D_MAX * EXG_LANE];
    float w[D_MAX * K_MAX], b[K_MAX], dw[D_MAX * K_MAX], db[K_MAX];
} dense_bed;

static dense_bed dense[ISAS + 1]; /* the last: the definition */

static void run_dense(const exg_kern *kern, dense_bed *t, exg_int d, exg_int k)
{
    fill(t->x, D_MAX * EXG_LANE, 1);
    fill(t->w, D_MAX * K_MAX, 2);
    fill(t->b, K_MAX, 3);
    if (kern == NULL) {
        exg_dense_forward_ref(d, k, t->x, t->w, t->b, t->y);
        exg_dense_dgrad_ref(d, k, t->y, t->w, t->x, t->dx);
        exg_dense_wgrad_ref(d, k, t->x, t->y, t->dw, t->db);
    } else {
        kern->dense_forward(d, k, t->x, t->w, t->b, t->y);
        kern->dense_dgrad(d, k, t->y, t->w, t->x, t->dx);
        kern->dense_wgrad(d, k, t->x, t->y, t->dw, t->db, t->work);
    }
}

START_TEST(dense_is_its_definition)
{
    const exg_int d = dense_shape[_i][0], k = dense_shape[_i][1];
    dense_bed *want = &dense[ISAS];

    run_dense(NULL, want, d, k);
    for (int isa = 0; isa < ISAS; isa++) {
        const exg_kern *kern = kernels(isa);
        dense_bed *t = &dense[isa];
        const double tol = TOLERANCE(d), size = (double)(d + 1);

        if (kern != NULL) {
            run_dense(kern, t, d, k);
            ck_near(t->y, want->y, k * EXG_LANE, tol, sqrt(size));
            ck_near(t->dx, want->dx, d * EXG_LANE, tol, size);
            ck_near(t->dw, want->dw, d * k, tol, size);
            ck_near(t->db, want->db, k, tol, size);
        }
    }
    if (kernels(0) != NULL && kernels(1) != NULL) {
        ck_assert(!memcmp(&dense[0], &dense[1], sizeof dense[0]));
    }
}
END_TEST

START_TEST(unknown_instruction_set_is_refused)
{
    const exg_kern *kern = NULL;

    ck_refused(world, exg_kern_select("mmx", &kern), EXG_EUSAGE, "'mmx'");
    ck_assert(exg_kern_select(NULL, &kern) == EXG_OK && kern != NULL);
    ck_assert(exg_kern_select("base", &kern) == EXG_OK);
    ck_assert_str_eq(kern->isa, "base");
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("kern");
    TCase *tc = exg_case(suite, "kern");

    tcase_add_loop_test(tc, conv_forward_is_its_definition, 0, ISAS * SHAPES);
    tcase_add_loop_test(tc, conv_dgrad_is_its_definition, 0, ISAS * SHAPES);
    tcase_add_loop_test(tc, conv_wgrad_is_its_definition, 0, ISAS * SHAPES);
    tcase_add_loop_test(tc, avx512_and_avx2_give_the_same_bits, 0, SHAPES);
    tcase_add_loop_test(tc, dense_is_its_definition, 0, DENSES);
    tcase_add_test(tc, unknown_instruction_set_is_refused);
    return suite;
}
