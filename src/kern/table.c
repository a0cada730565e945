/* table.c -- the kernels of this instruction set; compiled once for each. */
#include "table.h"

#define ISA_TEXT(isa) #isa
#define ISA_NAME(isa) ISA_TEXT(isa)

const exg_kern EXG_KERN(exg_kern_table) = {
    .isa = ISA_NAME(EXG_ISA),
    .conv_work = EXG_KERN(exg_route_work),
    .conv_forward = EXG_KERN(exg_route_forward),
    .conv_dgrad = EXG_KERN(exg_route_dgrad),
    .conv_wgrad = EXG_KERN(exg_route_wgrad),
    .conv_backward = EXG_KERN(exg_route_backward),
    .dense_forward = EXG_KERN(exg_dense_forward),
    .dense_dgrad = EXG_KERN(exg_dense_dgrad),
    .dense_wgrad = EXG_KERN(exg_dense_wgrad),
    .relu_forward = EXG_KERN(exg_relu_forward),
    .relu_backward = EXG_KERN(exg_relu_backward),
    .softmax = EXG_KERN(exg_softmax),
    .cross_entropy = EXG_KERN(exg_cross_entropy),
    .pairs_tile = EXG_KERN(exg_pairs_tile),
    .pairs_attract = EXG_KERN(exg_pairs_attract),
    .pairs_diverge = EXG_KERN(exg_pairs_diverge),
    .field_at = EXG_KERN(exg_field_at),
    .near_sieve = EXG_KERN(exg_near_sieve),
    .near_distances = EXG_KERN(exg_near_distances),
    .stencil_spread = EXG_KERN(exg_stencil_spread),
    .stencil_gather = EXG_KERN(exg_stencil_gather),
    .charge_take = EXG_KERN(exg_charge_take),
    .fft_run = EXG_KERN(exg_fft_run),
    .fft_twist = EXG_KERN(exg_fft_twist),
    .fft_untwist = EXG_KERN(exg_fft_untwist),
    .fft_enter = EXG_KERN(exg_fft_enter),
    .fft_leave = EXG_KERN(exg_fft_leave),
    .fft_scale = EXG_KERN(exg_fft_scale),
    .fft_turn = EXG_KERN(exg_fft_turn),
};
