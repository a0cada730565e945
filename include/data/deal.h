/* deal.h -- a gzip IDX file to the ranks that own its rows.  Layer: data. */
#ifndef EXG_DATA_DEAL_H
#define EXG_DATA_DEAL_H

#include "data/idx.h"

/** exg_idx_read() for a gzip file.  Collective. */
EXG_MUST_CHECK exg_status exg_deal_rows(const exg_par *par, const exg_idx *idx,
                                        exg_int total, exg_int stride,
                                        uint8_t *rows);

#endif
