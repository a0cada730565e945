/* gradsync.c -- four riders share the one reduction, so agreeing on errors
 * costs nothing while all is well.  Dividing by the number of samples, not of
 * ranks, keeps short last batches exact. */
#include "train/gradsync.h"

#include "par/agree.h"
#include "par/reduce.h"

exg_status exg_gradsync(const exg_par *par, exg_int samples, exg_fixed *sum,
                        exg_status mine, exg_net *net)
{
    exg_fixed *rider = sum + net->nparam;

    rider[EXG_GRADSYNC_FAILED] = mine == EXG_OK ? 0 : 1;
    exg_reduce_fixed(par, net->nparam + EXG_GRADSYNC_RIDERS, sum);
    if (rider[EXG_GRADSYNC_FAILED] > 0) {
        return exg_agree(par, mine); /* fetch the failing rank's message */
    }
    exg_fixed_to_mean(net->nparam, sum, samples, EXG_FIXED_GRAD, net->grad);
    return EXG_OK;
}
