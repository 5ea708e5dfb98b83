// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tensors/torch.h"

namespace models {

/// What a ControlNet makes of a feature map's pictures: added to the skip connections, in the order in which they are
/// made, and to the middle's result (diffusers' down_block_additional_residuals and mid_block_additional_residual).
struct UNetResiduals {
  std::vector<at::Tensor> down{};  ///< (B, channels, h, w) of each skip connection; empty: none
  at::Tensor mid{};                ///< (B, channels, h, w) of the middle's result; undefined: none

  bool none() const { return down.empty() && !mid.defined(); }
};

}  // namespace models
