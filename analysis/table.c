/* table.c -- see table.h.  Cells are kept as they are printed; what a column
 * holds is seen from its texts. */
#include "table.h"

#include <errno.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/part.h"
#include "core/utf8.h"
#include "store/h5.h"

enum {
    PART = 4200 /* longest path */
};

exg_status table_create(exg_int nrow, exg_int ncolumn, table *t)
{
    exg_status st = EXG_OK;
    exg_int cells = 0;

    *t = (table){.ncolumn = ncolumn, .nrow = nrow};
    EXG_TRY(exg_mem_product(nrow, ncolumn, &cells));
    EXG_TRY(exg_new(&t->name, ncolumn));
    EXG_TRY(exg_new(&t->long_name, ncolumn));
    EXG_TRY(exg_new(&t->cell, cells));
done:
    return st;
}

void table_clear(table *t)
{
    exg_free(t->name);
    exg_free(t->long_name);
    exg_free(t->cell);
    *t = (table){0};
}

void table_put(table *t, exg_int row, exg_int column, const char *text)
{
    snprintf(t->cell[row * t->ncolumn + column], TABLE_CELL, "%s", text);
}

void table_put_number(table *t, exg_int row, exg_int column, double value)
{
    char text[64] = "";

    if (!isnan(value)) {
        snprintf(text, sizeof text, "%.9g", value);
    }
    table_put(t, row, column, text);
}

const char *table_at(const table *t, exg_int row, exg_int column)
{
    return t->cell[row * t->ncolumn + column];
}

/* The number of a cell, NaN where it is empty; 0 if it is something else. */
static int number_of(const char *text, double *value)
{
    char *end = NULL;

    *value = NAN;
    if (text[0] == '\0') {
        return 1;
    }
    *value = strtod(text, &end);
    return *end == '\0';
}

int table_is_number(const table *t, exg_int column)
{
    int filled = 0;

    for (exg_int r = 0; r < t->nrow; r++) {
        double value;

        if (!number_of(table_at(t, r, column), &value)) {
            return 0;
        }
        filled |= !isnan(value);
    }
    return filled;
}

/* Mean and standard deviation of a column's numbers; NaN for too few. */
static void summarise(const table *t, exg_int column, double *mean, double *sd)
{
    double sum = 0, squares = 0, value;
    exg_int n = 0;

    for (exg_int r = 0; r < t->nrow; r++) {
        if (number_of(table_at(t, r, column), &value) && !isnan(value)) {
            sum += value;
            n++;
        }
    }
    *mean = n > 0 ? sum / (double)n : NAN;
    for (exg_int r = 0; r < t->nrow; r++) {
        if (number_of(table_at(t, r, column), &value) && !isnan(value)) {
            squares += (value - *mean) * (value - *mean);
        }
    }
    *sd = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
}

static int width_of(const table *t, exg_int column)
{
    size_t width = strlen(t->name[column]);

    for (exg_int r = 0; r < t->nrow; r++) {
        const size_t n = strlen(table_at(t, r, column));

        width = n > width ? n : width;
    }
    return (int)(width > 9 ? width : 9); /* of a mean, "0.0123457" */
}

/* A cell comes from a file: what could steer a terminal is taken out. */
static void print_cell(const table *t, exg_int column, const char *text,
                       FILE *out)
{
    const int width = width_of(t, column);
    char safe[TABLE_CELL];

    snprintf(safe, sizeof safe, "%s", text);
    fprintf(out, "%s%*s%s", column > 0 ? "  " : "",
            table_is_number(t, column) ? width : -width,
            exg_utf8_printable(safe), column == t->ncolumn - 1 ? "\n" : "");
}

static void print_summary(const table *t, int deviation, FILE *out)
{
    for (exg_int c = 0; c < t->ncolumn; c++) {
        char text[64] = "";
        double mean, sd;

        summarise(t, c, &mean, &sd);
        if (c == 0) {
            snprintf(text, sizeof text, deviation ? "deviation" : "mean");
        } else if (c >= t->summary && table_is_number(t, c) && !isnan(sd)) {
            snprintf(text, sizeof text, "%.6g", deviation ? sd : mean);
        }
        print_cell(t, c, text, out);
    }
}

void table_print(const table *t, FILE *out)
{
    for (exg_int c = 0; c < t->ncolumn; c++) {
        print_cell(t, c, t->name[c], out);
    }
    for (exg_int r = 0; r < t->nrow; r++) {
        for (exg_int c = 0; c < t->ncolumn; c++) {
            print_cell(t, c, table_at(t, r, c), out);
        }
    }
    for (int s = 0; t->summary > 0 && t->nrow > 1 && s < 2; s++) {
        print_summary(t, s, out);
    }
}

static void print_quoted(const char *text, const char *after, FILE *f)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fprintf(f, "%s%s", text, after);
        return;
    }
    putc('"', f);
    for (const char *c = text; *c != '\0'; c++) {
        fprintf(f, *c == '"' ? "\"%c" : "%c", *c);
    }
    fprintf(f, "\"%s", after);
}

exg_status table_csv(const table *t, const char *path)
{
    exg_status st = EXG_OK;
    exg_part p;

    EXG_TRY(exg_part_open(path, &p));
    for (exg_int r = -1; r < t->nrow; r++) {
        for (exg_int c = 0; c < t->ncolumn; c++) {
            print_quoted(r < 0 ? t->name[c] : table_at(t, r, c),
                         c == t->ncolumn - 1 ? "\n" : ",", p.f);
        }
    }
    st = exg_part_close(&p, EXG_OK);
done:
    return st;
}

static exg_status put_numbers(const table *t, exg_int c, hid_t file)
{
    exg_status st = EXG_OK;
    const hsize_t n = (hsize_t)t->nrow;
    double *value = NULL;
    herr_t rc;

    EXG_TRY(exg_new(&value, t->nrow));
    for (exg_int r = 0; r < t->nrow; r++) {
        (void)number_of(table_at(t, r, c), value + r);
    }
    EXG_TRY(EXG_H5(t->name[c], rc,
                   H5LTmake_dataset_double(file, t->name[c], 1, &n, value)));
done:
    exg_free(value);
    return st;
}

static exg_status put_texts(const table *t, exg_int c, hid_t file)
{
    exg_status st = EXG_OK;
    const hsize_t n = (hsize_t)t->nrow;
    char(*text)[TABLE_CELL] = NULL;
    hid_t type = -1;
    herr_t rc;

    EXG_TRY(exg_new(&text, t->nrow));
    for (exg_int r = 0; r < t->nrow; r++) {
        memcpy(text[r], table_at(t, r, c), TABLE_CELL);
    }
    EXG_TRY(EXG_H5(t->name[c], type, H5Tcopy(H5T_C_S1)));
    EXG_TRY(EXG_H5(t->name[c], rc, H5Tset_size(type, TABLE_CELL)));
    EXG_TRY(EXG_H5(t->name[c], rc, H5Tset_cset(type, H5T_CSET_UTF8)));
    EXG_TRY(EXG_H5(t->name[c], rc,
                   H5LTmake_dataset(file, t->name[c], 1, &n, type, text)));
done:
    exg_h5_close(&type);
    exg_free(text);
    return st;
}

static exg_status put_columns(const table *t, hid_t file)
{
    exg_status st = EXG_OK;
    herr_t rc;

    for (exg_int c = 0; c < t->ncolumn; c++) {
        const int number = table_is_number(t, c);

        EXG_TRY(number ? put_numbers(t, c, file) : put_texts(t, c, file));
        EXG_TRY(EXG_H5(t->name[c], rc,
                       H5LTset_attribute_string(file, t->name[c], "long_name",
                                                t->long_name[c])));
        EXG_TRY(EXG_H5(t->name[c], rc,
                       H5LTset_attribute_string(file, t->name[c], "units",
                                                number ? "1" : "")));
    }
done:
    return st;
}

exg_status table_h5(const table *t, const char *path)
{
    exg_status st = EXG_OK;
    char part[PART];
    hid_t file = -1;
    herr_t rc;

    exg_h5_begin();
    snprintf(part, sizeof part, "%.4090s.part", path);
    EXG_TRY(EXG_H5(part, file,
                   H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)));
    EXG_TRY(put_columns(t, file));
    EXG_TRY(EXG_H5(part, rc, H5Fflush(file, H5F_SCOPE_GLOBAL)));
    EXG_TRY(EXG_H5(part, rc, exg_h5_close(&file)));
    if (rename(part, path) != 0) {
        st = exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
done:
    exg_h5_close(&file);
    if (st != EXG_OK) {
        (void)remove(part);
    }
    return st;
}
