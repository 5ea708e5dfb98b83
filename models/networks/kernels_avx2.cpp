// SPDX-License-Identifier: MIT
#if defined(__x86_64__)
#define DECOUPAGE_KERNELS kAvx2Kernels
#define DECOUPAGE_WIDTH 8
#define DECOUPAGE_ROWS_AT_ONCE 6
#define DECOUPAGE_PANELS_AT_ONCE 1
#define DECOUPAGE_SHUFFLES 0
#include "models/networks/kernels.inc"
#endif
