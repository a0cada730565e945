/* run.c -- see run.h. */
#include "app/run.h"

exg_status exg_run_epoch_create(exg_run_epoch *e, exg_int k)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&e->confusion, k * k));
    EXG_TRY(exg_new(&e->precision, k));
    EXG_TRY(exg_new(&e->recall, k));
    EXG_TRY(exg_new(&e->f1, k));
    EXG_TRY(exg_new(&e->support, k));
done:
    return st;
}

void exg_run_epochs_clear(exg_run *run)
{
    for (exg_int i = 0; run->epoch != NULL && i < run->nepoch; i++) {
        exg_free(run->epoch[i].confusion);
        exg_free(run->epoch[i].precision);
        exg_free(run->epoch[i].recall);
        exg_free(run->epoch[i].f1);
        exg_free(run->epoch[i].support);
    }
    exg_free(run->epoch);
    run->epoch = NULL;
    run->nepoch = 0;
}
