/* sheet.c -- draw twice rather than record once: cairo's recording surface
 * costs more than the second drawing and keeps no font options. */
#include "plot/sheet.h"

#include <stdio.h>

enum {
    PATH_BYTES = 4096
};

static exg_status save_as(exg_canvas_form form, const exg_sheet *sheet,
                          const char *stem)
{
    exg_status st = EXG_OK;
    exg_canvas *c = NULL;
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%.4000s.%s", stem,
             form == EXG_CANVAS_PNG ? "png" : "svg");
    EXG_TRY(exg_canvas_create(form, sheet->width, sheet->height, EXG_SHEET_DPI,
                              &c));
    EXG_TRY(sheet->draw(c, sheet->data));
    EXG_TRY(exg_canvas_save(c, path, sheet->title, sheet->source));
done:
    exg_canvas_destroy(&c);
    return st;
}

exg_status exg_sheet_save(const exg_sheet *sheet, const char *stem)
{
    const exg_status st = save_as(EXG_CANVAS_PNG, sheet, stem);

    return st != EXG_OK ? st : save_as(EXG_CANVAS_SVG, sheet, stem);
}
