// SPDX-License-Identifier: MIT
#if defined(__x86_64__)
#define DECOUPAGE_KERNELS kAvx512Kernels
#define DECOUPAGE_WIDTH 16
#define DECOUPAGE_ROWS_AT_ONCE 12
#define DECOUPAGE_PANELS_AT_ONCE 2
#define DECOUPAGE_SHUFFLES 1
#include "models/networks/kernels.inc"
#endif
