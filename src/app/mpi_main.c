/* mpi_main.c -- exigo-mpi: train a network and show what it does. */
#include "app/launch.h"
#include "app/options.h"
#include "app/pipeline.h"

int main(int argc, char **argv)
{
    const exg_launch program = {.help = exg_options_help,
                                .options = exg_options_read,
                                .run = exg_pipeline_run};

    return exg_launch_main(argc, argv, &program);
}
