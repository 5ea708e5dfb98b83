// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tensors/torch.h"

/// How much the predictions of a region count in each of its cells.
namespace tiling {

enum class MaskType { kConstant, kGaussian, kQuartic };
/// By "constant", "gaussian", "quartic". Throws std::invalid_argument for another name.
MaskType mask_type_named(const std::string& name);

/// Where the gaussian of the rows has its middle: at (rows − 1)/2, or half a cell lower, as the original has it in
/// grids.
enum class RowMidpoint { kCentre, kHalf };

struct Weights {
  MaskType type = MaskType::kGaussian;
  double weight = 1;  ///< of all cells, times that of each
  RowMidpoint row_midpoint = RowMidpoint::kCentre;
  at::Tensor mask{};  ///< (h,w) f64: times these, too; or undefined
};

/// Of a region of so many cells: (height,width) f64 on the CPU.
///   constant  1
///   gaussian  exp(−((x − m)/L)² / 2v) / √2πv of each side, v = 0.01, for x = 0 … L − 1
///   quartic   15/16 (1 − u²)² of each side, u = 1.99 x/(L − 1) − 0.995; 15/16 where L = 1
/// Source: Barbero Jiménez 2023 (Mixture of Diffusers).
at::Tensor weights_of(const Weights& weights, std::int64_t height, std::int64_t width);

}  // namespace tiling
