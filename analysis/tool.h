/* tool.h -- how a program of analysis/ starts and ends. */
#ifndef EXG_ANALYSIS_TOOL_H
#define EXG_ANALYSIS_TOOL_H

#include "core/mem.h"

/** Do a program's work on results files in a child process, after another has
 * read each: texts of a damaged file may crash HDF5.
 * @param[in] parsed  whether the command line was read; if not, that is told
 * @param[in] file    shape (nfile)
 * @return the exit status: 0, 2 for EXG_EUSAGE, 1 for all else, told in a line
 */
int tool_run(exg_status parsed, exg_int nfile, char *const *file,
             exg_status (*work)(void *data), void *data);

#endif
