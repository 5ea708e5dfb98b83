// SPDX-License-Identifier: MIT
#define DECOUPAGE_KERNELS kPlainKernels
#define DECOUPAGE_WIDTH 4
#define DECOUPAGE_ROWS_AT_ONCE 3
#define DECOUPAGE_PANELS_AT_ONCE 1
#define DECOUPAGE_SHUFFLES 0
#include "models/networks/kernels.inc"
