// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "methods/matching/matches.h"

namespace matching {

/// What regions are drawn towards, for latents that are not on the CPU: they stay where they are, and this is sent
/// there.
struct Windows {
  at::Tensor numbers;  ///< (C,h,w) f32: in each matched region its window's, elsewhere 0
  at::Tensor mask;     ///< (h,w) f32: 1 in matched regions, elsewhere 0
};
Windows windows_of(const Matches& matches);

/// The latent drawn towards what was matched: (1 − alpha)·latent + alpha·window in the cells of each match, or towards
/// the squares' target; other cells stay as they are.
///
/// `latent` (1,C,h,w) or (C,h,w) on any device, of the size that was matched; the result is of its shape, dtype and
/// device. `alpha` in [0, 1]. `send` brings a tensor from the CPU to the latent's device, where that is another;
/// without it Tensor::to does. Throws std::invalid_argument for a latent of another shape.
using Send = std::function<at::Tensor(const at::Tensor&)>;
at::Tensor blend(const at::Tensor& latent, const Matches& matches, double alpha, const Send& send = {});

}  // namespace matching
