/* mpi_main.c -- exigo-mpi: train a network and show what it does. */
#include "app/doctor.h"
#include "app/launch.h"
#include "app/options.h"
#include "app/pipeline.h"

static exg_status run(const exg_par *par, const exg_opts *opts, int argc,
                      char *const *argv)
{
    return exg_opts_flag(opts, "doctor")
               ? exg_doctor_run(par, opts)
               : exg_pipeline_run(par, opts, argc, argv);
}

int main(int argc, char **argv)
{
    const exg_launch program = {
        .help = exg_options_help, .options = exg_options_read, .run = run};

    return exg_launch_main(argc, argv, &program);
}
