// SPDX-License-Identifier: MIT
#if defined(__x86_64__)
#include "models/networks/winograd_kernels.h"

namespace models::winograd {
namespace {
namespace avx2 {
#define DECOUPAGE_WINOGRAD_SHUFFLES 0
constexpr int kWidth = 8, kRowsAtOnce = 6, kPanelsAtOnce = 1;
#include "models/networks/winograd_kernels.inc"
}  // namespace avx2
}  // namespace

extern const Kernels k_avx2;  // winograd_kernels.cpp
const Kernels k_avx2{avx2::transform_input, avx2::multiply, avx2::transform_output};

}  // namespace models::winograd
#endif
