// SPDX-License-Identifier: MIT
#include "models/networks/winograd_kernels.h"

namespace models::winograd {
namespace {
namespace plain {
#define DECOUPAGE_WINOGRAD_SHUFFLES 0
constexpr int kWidth = 4, kRowsAtOnce = 3, kPanelsAtOnce = 1;
#include "models/networks/winograd_kernels.inc"
}  // namespace plain
}  // namespace

extern const Kernels k_plain;  // winograd_kernels.cpp
const Kernels k_plain{plain::transform_input, plain::multiply, plain::transform_output};

}  // namespace models::winograd
