/* check_wino.c -- Winograd's convolutions against the definition. */
#include <math.h>
#include <string.h>

#include "kern/ref.h"
#include "kernels.h"

/* Relative to the largest value: the transforms' matrices amplify the roundings
 * of single precision to some 30 units of 2^-24 at most. */
#define TOLERANCE 1e-5

/* Which method a shape takes is the same in every instruction set. */
extern int exg_wino_suits_base(const exg_conv_shape *s);

/* Every remainder of rows and columns by tiles of 4, one tile row and many,
 * and channel counts on both sides of every block. */
static const struct {
    exg_int ic, oc, h, w;
} shapes[] = {
    {10, 7, 26, 26}, {7, 5, 24, 24},  {12, 9, 6, 6},   {3, 3, 18, 19},
    {4, 11, 9, 16},  {5, 4, 21, 13},  {8, 8, 7, 39},   {6, 5, 15, 22},
    {13, 3, 14, 23}, {17, 16, 9, 10}, {5, 21, 10, 33}, {9, 10, 27, 8},
};

enum {
    SHAPES = sizeof shapes / sizeof shapes[0]
};

/* One convolution's arrays. */
typedef struct {
    exg_conv_shape s;
    exg_int nx, ny, nw;
    float *x, *w, *b, *y, *dy, *dx, *dw, *db, *work;
} bed;

/* Random inputs; outputs and workspace are NaN, on which none may rely. */
static void make(bed *t, int shape, const exg_kern *kern)
{
    exg_conv_shape *s = &t->s;
    exg_int nwork;

    memset(t, 0, sizeof *t);
    *s = (exg_conv_shape){.ic = shapes[shape].ic,
                          .ih = shapes[shape].h,
                          .iw = shapes[shape].w,
                          .oc = shapes[shape].oc,
                          .oh = shapes[shape].h - 2,
                          .ow = shapes[shape].w - 2,
                          .k = 3};
    t->nx = s->ic * s->ih * s->iw * EXG_LANE;
    t->ny = s->oc * s->oh * s->ow * EXG_LANE;
    t->nw = s->oc * s->ic * 9;
    nwork = kern == NULL ? 1 : kern->conv_work(s);
    ck_ok(world, exg_new(&t->x, t->nx));
    ck_ok(world, exg_new(&t->w, t->nw));
    ck_ok(world, exg_new(&t->b, s->oc));
    ck_ok(world, exg_new(&t->y, t->ny));
    ck_ok(world, exg_new(&t->dy, t->ny));
    ck_ok(world, exg_new(&t->dx, t->nx));
    ck_ok(world, exg_new(&t->dw, t->nw));
    ck_ok(world, exg_new(&t->db, s->oc));
    ck_ok(world, exg_new(&t->work, nwork));
    memset(t->y, 255, (size_t)t->ny * sizeof *t->y);
    memset(t->dx, 255, (size_t)t->nx * sizeof *t->dx);
    memset(t->work, 255, (size_t)nwork * sizeof *t->work);
    fill(t->x, t->nx, 1);
    fill(t->w, t->nw, 2);
    fill(t->b, s->oc, 3);
    fill(t->dy, t->ny, 4);
}

static void drop(bed *t)
{
    float *all[] = {t->x,  t->w,  t->b,  t->y,   t->dy,
                    t->dx, t->dw, t->db, t->work};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        exg_free(all[i]);
    }
}

static void ck_close(const float *got, const float *want, exg_int n)
{
    double largest = 0;

    for (exg_int i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)want[i]));
    }
    for (exg_int i = 0; i < n; i++) {
        ck_assert_msg(fabs((double)got[i] - want[i]) <= TOLERANCE * largest,
                      "element %td of %td: %.9g, want %.9g", i, n,
                      (double)got[i], (double)want[i]);
    }
}

static void ck_same(const float *a, const float *b, exg_int n)
{
    ck_assert(memcmp(a, b, (size_t)n * sizeof *a) == 0);
}

START_TEST(these_shapes_take_winograds_method)
{
    const exg_conv_shape wide = {
        .ic = 64, .ih = 9, .iw = 9, .oc = 64, .oh = 5, .ow = 5, .k = 5};
    const exg_conv_shape first = {
        .ic = 1, .ih = 28, .iw = 28, .oc = 10, .oh = 26, .ow = 26, .k = 3};
    bed t;

    make(&t, _i, NULL);
    ck_assert(exg_wino_suits_base(&t.s));
    ck_assert(!exg_wino_suits_base(&wide));
    ck_assert(!exg_wino_suits_base(&first));
    drop(&t);
}
END_TEST

START_TEST(forward_is_its_definition)
{
    const exg_kern *kern = kernels(_i / SHAPES);
    bed t, want;

    if (kern == NULL) {
        return;
    }
    make(&t, _i % SHAPES, kern);
    make(&want, _i % SHAPES, NULL);
    for (int relu = 0; relu < 2; relu++) {
        exg_conv_forward_ref(&t.s, t.x, t.w, t.b, relu, want.y);
        kern->conv_forward(&t.s, t.x, t.w, t.b, relu, t.y, t.work);
        ck_close(t.y, want.y, t.ny);
    }
    drop(&t);
    drop(&want);
}
END_TEST

START_TEST(backward_is_its_definition)
{
    const exg_kern *kern = kernels(_i / SHAPES);
    bed t, want;

    if (kern == NULL) {
        return;
    }
    make(&t, _i % SHAPES, kern);
    make(&want, _i % SHAPES, NULL);
    exg_conv_wgrad_ref(&t.s, t.x, t.dy, want.dw, want.db);
    exg_conv_dgrad_ref(&t.s, t.dy, t.w, NULL, want.dx);
    kern->conv_backward(&t.s, t.x, t.dy, t.w, NULL, t.dw, t.db, t.dx, t.work);
    ck_close(t.dw, want.dw, t.nw);
    ck_close(t.db, want.db, t.s.oc);
    ck_close(t.dx, want.dx, t.nx);
    exg_conv_dgrad_ref(&t.s, t.dy, t.w, t.x, want.dx);
    kern->conv_backward(&t.s, t.x, t.dy, t.w, t.x, t.dw, t.db, t.dx, t.work);
    ck_close(t.dx, want.dx, t.nx);
    drop(&t);
    drop(&want);
}
END_TEST

START_TEST(halves_and_whole_of_backward_give_the_same_bits)
{
    const exg_kern *kern = kernels(_i / SHAPES);
    bed t, half;

    if (kern == NULL) {
        return;
    }
    make(&t, _i % SHAPES, kern);
    make(&half, _i % SHAPES, kern);
    kern->conv_wgrad(&t.s, t.x, t.dy, half.dw, half.db, half.work);
    kern->conv_dgrad(&t.s, t.dy, t.w, t.x, half.dx, half.work);
    /* In place: dx replaces x, which is the gate too. */
    kern->conv_backward(&t.s, t.x, t.dy, t.w, t.x, t.dw, t.db, t.x, t.work);
    ck_same(t.dw, half.dw, t.nw);
    ck_same(t.db, half.db, t.s.oc);
    ck_same(t.x, half.dx, t.nx);
    drop(&t);
    drop(&half);
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
        bed *u = &t[i];

        make(u, _i, kern[i]);
        kern[i]->conv_forward(&u->s, u->x, u->w, u->b, 1, u->y, u->work);
        kern[i]->conv_backward(&u->s, u->x, u->dy, u->w, u->x, u->dw, u->db,
                               u->dx, u->work);
    }
    ck_same(t[0].y, t[1].y, t[0].ny);
    ck_same(t[0].dx, t[1].dx, t[0].nx);
    ck_same(t[0].dw, t[1].dw, t[0].nw);
    ck_same(t[0].db, t[1].db, t[0].s.oc);
    drop(&t[0]);
    drop(&t[1]);
}
END_TEST

/* Sample n of a takes place (n + 5) % 16 of b. */
static void turn(const float *a, float *b, exg_int n)
{
    for (exg_int i = 0; i < n; i++) {
        b[i / EXG_LANE * EXG_LANE + (i + 5) % EXG_LANE] = a[i];
    }
}

START_TEST(a_samples_place_in_the_block_changes_no_bit)
{
    const exg_kern *kern = kernels(_i / SHAPES);
    bed t, turned;

    if (kern == NULL) {
        return;
    }
    make(&t, _i % SHAPES, kern);
    make(&turned, _i % SHAPES, kern);
    turn(t.x, turned.x, t.nx);
    turn(t.dy, turned.dy, t.ny);
    for (bed *u = &t; u != NULL; u = u == &t ? &turned : NULL) {
        kern->conv_forward(&u->s, u->x, u->w, u->b, 0, u->y, u->work);
        kern->conv_dgrad(&u->s, u->dy, u->w, NULL, u->dx, u->work);
    }
    turn(t.y, t.dy, t.ny);
    turn(t.dx, t.x, t.nx);
    ck_same(t.dy, turned.y, t.ny);
    ck_same(t.x, turned.dx, t.nx);
    drop(&t);
    drop(&turned);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("wino");
    TCase *c = exg_case(suite, "wino");

    tcase_add_loop_test(c, these_shapes_take_winograds_method, 0, SHAPES);
    tcase_add_loop_test(c, forward_is_its_definition, 0, ISAS * SHAPES);
    tcase_add_loop_test(c, backward_is_its_definition, 0, ISAS * SHAPES);
    tcase_add_loop_test(c, halves_and_whole_of_backward_give_the_same_bits, 0,
                        ISAS * SHAPES);
    tcase_add_loop_test(c, avx512_and_avx2_give_the_same_bits, 0, SHAPES);
    tcase_add_loop_test(c, a_samples_place_in_the_block_changes_no_bit, 0,
                        ISAS * SHAPES);
    return suite;
}
