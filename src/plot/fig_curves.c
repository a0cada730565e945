/* fig_curves.c -- did it learn, and when was it best?
 *
 * The two panels share the epoch axis.  Points are drawn on the lines, so that
 * a run of one epoch shows its values and not an empty frame. */
#include "plot/fig_curves.h"

#include <math.h>
#include <stdio.h>

#include "plot/axes.h"
#include "plot/text.h"

#define WIDTH 504.0 /* points: a full page of text is 7 inches wide */
#define HEIGHT 230.0
#define TRAIN_RGB 0xe07b00u
#define EVAL_RGB 0x2a6fb8u

enum {
    LINES_MAX = 40 /* epochs up to which each point is marked */
};

/* Lowest evaluation loss, the model that is kept; -1 without any. */
static exg_int best_epoch(const exg_fig_curves *fig)
{
    exg_int best = -1;

    for (exg_int e = 0; fig->eval_loss != NULL && e < fig->epochs; e++) {
        if (isfinite(fig->eval_loss[e]) &&
            (best < 0 || fig->eval_loss[e] < fig->eval_loss[best])) {
            best = e;
        }
    }
    return best;
}

static exg_status draw_line(exg_canvas *c, const exg_panel *p, exg_int n,
                            const double *epoch, const double *value,
                            uint32_t rgb)
{
    exg_status st = EXG_OK;
    const exg_pen pen = {.width = 1.5, .rgb = rgb};
    double *x = NULL, *y = NULL;

    EXG_TRY(exg_new(&x, n));
    EXG_TRY(exg_new(&y, n));
    for (exg_int e = 0; e < n; e++) {
        x[e] = exg_panel_x(p, epoch[e]);
        y[e] = exg_panel_y(p, value[e]);
    }
    exg_canvas_curve(c, n, x, y, pen);
    if (n <= LINES_MAX) {
        exg_canvas_dots(c, n, x, y, 2.2, rgb, 1);
    }
done:
    exg_free(y);
    exg_free(x);
    return st;
}

/* The best epoch: a dashed line through the panel and a ring on the curve. */
static void draw_best(exg_canvas *c, const exg_panel *p, double epoch,
                      double value)
{
    const exg_pen pen = {.width = 0.8, .rgb = EXG_AXES_GREY, .dash = 3};
    const double x = exg_panel_x(p, epoch), y = exg_panel_y(p, value);

    exg_canvas_line(c, x, p->y, x, p->y + p->h, pen);
    if (isfinite(value)) {
        exg_canvas_dots(c, 1, &x, &y, 4.2, EVAL_RGB, 1);
        exg_canvas_dots(c, 1, &x, &y, 2.8, 0xffffff, 1);
    }
}

static exg_status draw_panel(exg_canvas *c, exg_panel p,
                             const exg_fig_curves *fig, const double *train,
                             const double *eval, int accuracy)
{
    exg_status st = EXG_OK;
    const exg_int best = best_epoch(fig);
    double low = INFINITY, high = -INFINITY, margin;

    exg_axes_extend(train != NULL ? fig->epochs : 0, train, &low, &high);
    exg_axes_extend(eval != NULL ? fig->epochs : 0, eval, &low, &high);
    exg_axes_widen(&low, &high);
    margin = 0.06 * (high - low);
    p.y0 = low >= 0 ? fmax(0, low - margin) : low - margin;
    p.y1 = accuracy ? fmin(1, high + margin) : high + margin;
    p.y1 = p.y1 > p.y0 ? p.y1 : p.y0 + 1;
    exg_panel_draw(c, &p, "epoch", accuracy ? "accuracy (%)" : "loss (nats)", 1,
                   accuracy);
    if (best >= 0) {
        draw_best(c, &p, fig->epoch[best], eval != NULL ? eval[best] : NAN);
    }
    if (train != NULL) {
        EXG_TRY(draw_line(c, &p, fig->epochs, fig->epoch, train, TRAIN_RGB));
    }
    if (eval != NULL) {
        EXG_TRY(draw_line(c, &p, fig->epochs, fig->epoch, eval, EVAL_RGB));
    }
done:
    return st;
}

static void draw_legend(exg_canvas *c, double x, double y)
{
    static const char *const name[] = {"training", "evaluation"};
    static const uint32_t rgb[] = {TRAIN_RGB, EVAL_RGB};
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hy = 0.5};

    for (int i = 0; i < 2; i++) {
        const exg_pen pen = {.width = 1.5, .rgb = rgb[i]};
        const double mid = x + 9;

        exg_canvas_line(c, x, y, x + 18, y, pen);
        exg_canvas_dots(c, 1, &mid, &y, 2.2, rgb[i], 1);
        exg_canvas_text(c, x + 23, y, name[i], face);
        x += 33 + exg_canvas_text_width(c, name[i], face);
    }
}

static void say_best(exg_canvas *c, const exg_fig_curves *fig, double x,
                     double y)
{
    const exg_face face = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK, .hx = 1, .hy = 0.5};
    const exg_int best = best_epoch(fig);
    char text[EXG_TEXT_MAX], accuracy[64] = "";

    if (best < 0) {
        return;
    }
    if (fig->eval_accuracy != NULL) {
        snprintf(accuracy, sizeof accuracy, ", accuracy %.2f %%",
                 100 * fig->eval_accuracy[best]);
    }
    snprintf(text, sizeof text, "best epoch %.0f: evaluation loss %.4g%s",
             fig->epoch[best], fig->eval_loss[best], accuracy);
    exg_canvas_text(c, x, y, text, face);
}

static exg_status draw(exg_canvas *c, const void *data)
{
    exg_status st = EXG_OK;
    const exg_fig_curves *fig = data;
    exg_panel p = {
        .x = 46, .y = 30, .w = 198, .h = 162, .x0 = INFINITY, .x1 = -INFINITY};

    double margin;

    exg_axes_extend(fig->epochs, fig->epoch, &p.x0, &p.x1);
    margin = p.x1 > p.x0 ? 0.04 * (p.x1 - p.x0) : 0.5;
    p.x0 -= margin;
    p.x1 += margin;
    draw_legend(c, p.x, 15);
    say_best(c, fig, WIDTH - 12, 15);
    EXG_TRY(draw_panel(c, p, fig, fig->train_loss, fig->eval_loss, 0));
    p.x = WIDTH - 12 - p.w;
    EXG_TRY(draw_panel(c, p, fig, fig->train_accuracy, fig->eval_accuracy, 1));
done:
    return st;
}

exg_status exg_fig_curves_save(const exg_fig_curves *fig, const char *stem)
{
    const exg_sheet sheet = {.width = WIDTH,
                             .height = HEIGHT,
                             .title = "Loss and accuracy over the epochs",
                             .source = fig->source,
                             .draw = draw,
                             .data = fig};

    return exg_sheet_save(&sheet, stem);
}
