// SPDX-License-Identifier: MIT
#if defined(__x86_64__)
#include "models/networks/winograd_kernels.h"

namespace models::winograd {
namespace {
namespace avx512 {
#define DECOUPAGE_WINOGRAD_SHUFFLES 1
constexpr int kWidth = 16, kRowsAtOnce = 12, kPanelsAtOnce = 2;
#include "models/networks/winograd_kernels.inc"
}  // namespace avx512
}  // namespace

extern const Kernels k_avx512;  // winograd_kernels.cpp
const Kernels k_avx512{avx512::transform_input, avx512::multiply, avx512::transform_output};

}  // namespace models::winograd
#endif
