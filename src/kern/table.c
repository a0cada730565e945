/* table.c -- the kernels of this instruction set; compiled once for each. */
#include "table.h"

#define ISA_TEXT(isa) #isa
#define ISA_NAME(isa) ISA_TEXT(isa)

const exg_kern EXG_KERN(exg_kern_table) = {
    .isa = ISA_NAME(EXG_ISA),
    .relu_forward = EXG_KERN(exg_relu_forward),
    .relu_backward = EXG_KERN(exg_relu_backward),
    .softmax = EXG_KERN(exg_softmax),
    .cross_entropy = EXG_KERN(exg_cross_entropy),
};
