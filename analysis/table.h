/* table.h -- a table of texts and numbers: print it, write it as CSV or HDF5.
 * For the programs of this folder. */
#ifndef EXG_ANALYSIS_TABLE_H
#define EXG_ANALYSIS_TABLE_H

#include <stdio.h>

#include "core/mem.h"

enum {
    TABLE_CELL = 512 /* longest text of a cell, with its zero; longer are cut */
};

/** Rows and columns of texts.  A column whose texts are all numbers, or empty,
 * is a column of numbers.  Zero-initialise; open. */
typedef struct {
    exg_int ncolumn, nrow;
    exg_int summary; /* columns from this one on have a mean; 0: none */
    char (*name)[TABLE_CELL];      /* shape (ncolumn)       */
    char (*long_name)[TABLE_CELL]; /* shape (ncolumn)       */
    char (*cell)[TABLE_CELL];      /* shape (nrow, ncolumn) */
} table;

/** All cells empty.
 * @return EXG_OK or EXG_ENOMEM; in both cases table_clear() it */
EXG_MUST_CHECK exg_status table_create(exg_int nrow, exg_int ncolumn, table *t);
void table_clear(table *t);

/** Set a cell to a text, or to a number (empty if it is NaN). */
void table_put(table *t, exg_int row, exg_int column, const char *text);
void table_put_number(table *t, exg_int row, exg_int column, double value);

/** The text of a cell. */
const char *table_at(const table *t, exg_int row, exg_int column);

/** 1 if the column is one of numbers. */
int table_is_number(const table *t, exg_int column);

/** Aligned columns for a reader; below, where t->summary is not 0 and there are
 * several rows, mean and standard deviation (of a sample) of columns of
 * numbers. */
void table_print(const table *t, FILE *out);

/** Comma-separated values (RFC 4180), by way of PATH.part.
 * @return EXG_OK or EXG_EIO; an older file is then as it was */
EXG_MUST_CHECK exg_status table_csv(const table *t, const char *path);

/** HDF5: a dataset per column, numbers as f64 (NaN where empty), texts padded
 * with zeros; @long_name, @units.  By way of PATH.part.
 * @return EXG_OK, EXG_EIO, EXG_ELIB, EXG_ENOMEM; an older file is then as it
 *         was */
EXG_MUST_CHECK exg_status table_h5(const table *t, const char *path);

#endif
