/* fig_confusion.c -- which class is taken for which.
 *
 * Rows are the truth, columns the prediction, and the axes say so: swapped or
 * unlabelled axes are the commonest mistake in these figures.  Cells grow with
 * the widest number, the page with the number of classes.  Colours follow the
 * logarithm of counts and the square root of shares, and the bars say so: on an
 * even scale a few errors in a thousand would all look white. */
#include "plot/fig_confusion.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/axes.h"
#include "plot/text.h"

#define MARGIN 12.0
#define TOP 50.0          /* title and subtitle                          */
#define NAME_MAX_PT 120.0 /* class names longer than that are cut        */
#define COLUMN 44.0       /* of the table                                */
#define BAR 9.0

enum {
    CLASSES_TEXT = 64,  /* more classes: colours only, no numbers        */
    CLASSES_ZEROS = 20, /* more classes: zeros are left white and empty  */
    TABLE = 4
};

/* Where everything stands, in points. */
typedef struct {
    const exg_fig_confusion *fig;
    double cell, size;     /* side of a cell; font size in cells      */
    double names, slanted; /* widest name; height of slanted ones     */
    double x, y, side;     /* the matrix                              */
    double table, bar;     /* their left edges                        */
    double last;           /* width of the column of supports         */
    double width, height;  /* the page                                */
    int slant;             /* column names are slanted                */
    int64_t largest, total, right;
} layout;

static int64_t row_sum(const exg_fig_confusion *fig, exg_int row)
{
    int64_t sum = 0;

    for (exg_int k = 0; k < fig->classes; k++) {
        sum += fig->count[row * fig->classes + k];
    }
    return sum;
}

/* What stands in a cell; "" where nothing should. */
static const char *cell_text(const layout *l, exg_int row, exg_int col,
                             char *out, size_t size)
{
    const exg_fig_confusion *fig = l->fig;
    const int64_t n = fig->count[row * fig->classes + col];
    const double percent = 100 * (double)n / (double)row_sum(fig, row);

    if (n == 0 && fig->classes > CLASSES_ZEROS) {
        return "";
    }
    if (!fig->normalised || n == 0) {
        return exg_text_count(n, out, size);
    }
    if (percent < 0.05) {
        snprintf(out, size, "<0.1");
    } else {
        snprintf(out, size, percent >= 99.95 ? "%.0f" : "%.1f", percent);
        if (percent >= 99.95 && n < row_sum(fig, row)) {
            snprintf(out, size, ">99.9");
        }
    }
    return out;
}

static uint32_t cell_colour(const layout *l, exg_int row, exg_int col)
{
    const exg_fig_confusion *fig = l->fig;
    const double n = (double)fig->count[row * fig->classes + col];
    const double all = (double)row_sum(fig, row);

    if (fig->normalised) {
        return exg_colormap_at(EXG_COLORMAP_BLUES, all > 0 ? sqrt(n / all) : 0);
    }
    return exg_colormap_at(EXG_COLORMAP_BLUES,
                           l->largest > 0 ? log1p(n) / log1p((double)l->largest)
                                          : 0);
}

static double widest_cell(exg_canvas *ruler, const layout *l)
{
    const exg_int k = l->fig->classes;
    const exg_face face = {.size = l->size};
    double widest = 0;
    char text[48];

    for (exg_int i = 0; i < k * k && k <= CLASSES_TEXT; i++) {
        widest = fmax(
            widest,
            exg_canvas_text_width(
                ruler, cell_text(l, i / k, i % k, text, sizeof text), face));
    }
    return widest;
}

static void count_all(layout *l)
{
    const exg_fig_confusion *fig = l->fig;

    for (exg_int i = 0; i < fig->classes * fig->classes; i++) {
        l->total += fig->count[i];
        l->largest = fig->count[i] > l->largest ? fig->count[i] : l->largest;
    }
    for (exg_int k = 0; k < fig->classes; k++) {
        l->right += fig->count[k * fig->classes + k];
    }
}

static layout make_layout(exg_canvas *ruler, const exg_fig_confusion *fig)
{
    const exg_int k = fig->classes;
    const exg_face face = {.size = EXG_AXES_PLAIN};
    const exg_face bold = {.size = EXG_AXES_PLAIN, .bold = 1};
    layout l = {.fig = fig};
    char text[48];

    count_all(&l);
    l.size = k <= 12 ? EXG_AXES_PLAIN : EXG_AXES_SMALL;
    l.cell = k <= 4              ? 54
             : k <= 12           ? 32
             : k <= CLASSES_TEXT ? 18
                                 : fmax(2, 1200.0 / (double)k);
    l.cell = fmax(l.cell, widest_cell(ruler, &l) + 7);
    for (exg_int i = 0; i < k; i++) {
        l.names =
            fmax(l.names, exg_canvas_text_width(ruler, fig->name[i], face));
    }
    l.names = fmin(l.names, NAME_MAX_PT);
    l.slant = l.names > l.cell - 4;
    l.slanted = l.slant ? 0.75 * l.names + 6 : 8;
    l.side = l.cell * (double)k;
    l.x = MARGIN + 16 + l.names + 6;
    if (l.slant) { /* the first slanted name reaches to the left */
        l.x = fmax(l.x, MARGIN + 0.75 * l.names);
    }
    l.y = TOP + 16;
    l.table = l.x + l.side + 8;
    exg_text_count(l.total, text, sizeof text);
    l.last = fmax(COLUMN, 10 + exg_canvas_text_width(ruler, text, bold));
    l.bar = l.table + (TABLE - 1) * COLUMN + l.last + 14;
    exg_text_count(l.largest, text, sizeof text);
    l.width = l.bar + BAR + 3 + MARGIN +
              fmax(34, exg_canvas_text_width(ruler, text, face));
    l.height = l.y + l.side + l.slanted + 22 + MARGIN;
    return l;
}

static void draw_cells(exg_canvas *c, const layout *l)
{
    const exg_int k = l->fig->classes;
    exg_face face = {.size = l->size, .hx = 0.5, .hy = 0.5};
    char text[48];

    for (exg_int i = 0; i < k * k; i++) {
        const exg_int row = i / k, column = i % k;
        const double x = l->x + l->cell * (double)column;
        const double y = l->y + l->cell * (double)row;
        const uint32_t rgb = cell_colour(l, row, column);

        exg_canvas_fill(c, x, y, l->cell, l->cell, rgb);
        if (k <= CLASSES_TEXT) {
            face.rgb = l->fig->count[i] == 0 ? 0x9a9a9a : exg_colormap_ink(rgb);
            exg_canvas_text(c, x + l->cell / 2, y + l->cell / 2,
                            cell_text(l, i / k, i % k, text, sizeof text),
                            face);
        }
    }
}

static void draw_lines(exg_canvas *c, const layout *l)
{
    const exg_pen thin = {.width = 0.4, .rgb = 0xd0d0d0};
    const exg_pen pen = {.width = 0.7, .rgb = EXG_AXES_INK};

    for (exg_int i = 1; i < l->fig->classes && l->fig->classes <= CLASSES_TEXT;
         i++) {
        const double at = l->cell * (double)i;

        exg_canvas_line(c, l->x + at, l->y, l->x + at, l->y + l->side, thin);
        exg_canvas_line(c, l->x, l->y + at, l->x + l->side, l->y + at, thin);
    }
    exg_canvas_frame(c, l->x, l->y, l->side, l->side, pen);
}

static void draw_names(exg_canvas *c, const layout *l)
{
    /* Cells lower than a line of text name every second, third ... class. */
    const exg_int step = (exg_int)ceil(9 / l->cell);
    exg_face face = {.size = EXG_AXES_PLAIN, .rgb = EXG_AXES_INK};

    for (exg_int i = 0; i < l->fig->classes; i += step) {
        const double at = l->cell * ((double)i + 0.5);

        face.angle = 0;
        face.hx = 1;
        face.hy = 0.5;
        exg_canvas_text_fit(c, l->x - 5, l->y + at, l->fig->name[i],
                            NAME_MAX_PT, face);
        face.angle = l->slant ? 45 : 0;
        face.hx = l->slant ? 1 : 0.5;
        face.hy = 1;
        exg_canvas_text_fit(c, l->x + at + (l->slant ? -1 : 0),
                            l->y + l->side + 4, l->fig->name[i], NAME_MAX_PT,
                            face);
    }
    face = (exg_face){.size = EXG_AXES_PLAIN + 1,
                      .rgb = EXG_AXES_INK,
                      .bold = 1,
                      .hx = 0.5,
                      .hy = 1};
    exg_canvas_text(c, l->x + l->side / 2, l->y + l->side + l->slanted + 12,
                    "predicted class", face);
    face.angle = 90;
    exg_canvas_text(c, MARGIN, l->y + l->side / 2, "true class", face);
}

/* Where the texts of a column of the table end. */
static double column_end(const layout *l, int i)
{
    return l->table + COLUMN * (i < 3 ? i + 1 : 3) + (i < 3 ? 0 : l->last) - 2;
}

/* One line of the table. */
static void draw_scores(exg_canvas *c, const layout *l, double y,
                        const double *score, int64_t support, int bold)
{
    const exg_face face = {
        .size = l->size, .rgb = EXG_AXES_INK, .hx = 1, .hy = 0.5, .bold = bold};
    char text[48];

    for (int i = 0; i < TABLE; i++) {
        const double x = column_end(l, i);

        if (i < 3) {
            snprintf(text, sizeof text, "%.1f", 100 * score[i]);
        } else {
            exg_text_count(support, text, sizeof text);
        }
        exg_canvas_text(c, x, y, text, face);
    }
}

static void draw_table(exg_canvas *c, const layout *l)
{
    static const char *const head[] = {"precision", "recall", "F1", "support"};
    static const char *const unit[] = {"%", "%", "%", "samples"};
    const exg_fig_confusion *fig = l->fig;
    const double k = (double)fig->classes, right = column_end(l, 3) + 2;
    const exg_pen pen = {.width = 0.5, .rgb = EXG_AXES_INK};
    const exg_int step = (exg_int)ceil(9 / l->cell);
    exg_face face = {.size = EXG_AXES_SMALL, .rgb = EXG_AXES_INK, .hx = 1};
    double mean[3] = {0, 0, 0};

    for (int i = 0; i < TABLE; i++) {
        const double x = column_end(l, i);

        exg_canvas_text(c, x, l->y - 13, head[i], face);
        exg_canvas_text(c, x, l->y - 4, unit[i], face);
    }
    for (exg_int i = 0; i < fig->classes; i++) {
        const double score[] = {fig->precision[i], fig->recall[i], fig->f1[i]};

        for (int s = 0; s < 3; s++) {
            mean[s] += score[s] / k;
        }
        if (i % step == 0) {
            draw_scores(c, l, l->y + l->cell * ((double)i + 0.5), score,
                        fig->support[i], 0);
        }
    }
    exg_canvas_line(c, l->table, l->y, right, l->y, pen);
    exg_canvas_line(c, l->table, l->y + l->side, right, l->y + l->side, pen);
    draw_scores(c, l, l->y + l->side + 9, mean, l->total, 1);
    face.hy = 0.5;
    exg_canvas_text(c, right - 2, l->y + l->side + 20,
                    "mean over classes; all samples", face);
}

static void draw_bar(exg_canvas *c, const layout *l)
{
    const double h = fmin(l->side, 220);
    const exg_face face = {.size = EXG_AXES_SMALL, .rgb = EXG_AXES_INK};
    char high[48], middle[48];

    exg_text_count(l->largest, high, sizeof high);
    exg_text_count((int64_t)round(expm1(log1p((double)l->largest) / 2)), middle,
                   sizeof middle);
    exg_bar_draw(c, l->bar, l->y, BAR, h, EXG_COLORMAP_BLUES, "0",
                 l->fig->normalised ? "25" : middle,
                 l->fig->normalised ? "100" : high);
    exg_canvas_text(c, l->bar, l->y - 13,
                    l->fig->normalised ? "% of row" : "count", face);
    exg_canvas_text(c, l->bar, l->y - 4,
                    l->fig->normalised ? "(root scale)" : "(log scale)", face);
}

static void draw_title(exg_canvas *c, const layout *l)
{
    const exg_face bold = {
        .size = EXG_AXES_TITLE, .rgb = EXG_AXES_INK, .bold = 1, .hy = 1};
    const exg_face plain = {
        .size = EXG_AXES_PLAIN, .rgb = EXG_AXES_GREY, .hy = 1};
    char text[EXG_TEXT_MAX], right[48], total[48];

    snprintf(text, sizeof text, "Confusion matrix, epoch %td%s", l->fig->epoch,
             l->fig->normalised ? ", per cent of each true class" : "");
    exg_canvas_text(c, MARGIN, MARGIN, text, bold);
    snprintf(text, sizeof text, "accuracy %.2f %%: %s of %s samples",
             l->total > 0 ? 100 * (double)l->right / (double)l->total : 0,
             exg_text_count(l->right, right, sizeof right),
             exg_text_count(l->total, total, sizeof total));
    exg_canvas_text(c, MARGIN, MARGIN + 16, text, plain);
}

static exg_status draw(exg_canvas *c, const void *data)
{
    const layout *l = data;

    draw_title(c, l);
    draw_cells(c, l);
    draw_lines(c, l);
    draw_names(c, l);
    draw_table(c, l);
    draw_bar(c, l);
    return EXG_OK;
}

exg_status exg_fig_confusion_save(const exg_fig_confusion *fig,
                                  const char *stem)
{
    exg_status st = EXG_OK;
    exg_canvas *ruler = NULL;
    char title[64];
    layout l;
    exg_sheet sheet = {
        .title = title, .source = fig->source, .draw = draw, .data = &l};

    EXG_TRY(exg_canvas_create(EXG_CANVAS_PNG, 8, 8, EXG_SHEET_DPI, &ruler));
    l = make_layout(ruler, fig);
    sheet.width = l.width;
    sheet.height = l.height;
    snprintf(title, sizeof title, "Confusion matrix, epoch %td%s", fig->epoch,
             fig->normalised ? ", per cent of rows" : "");
    EXG_TRY(exg_sheet_save(&sheet, stem));
done:
    exg_canvas_destroy(&ruler);
    return st;
}
