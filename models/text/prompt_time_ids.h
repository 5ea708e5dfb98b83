// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tensors/torch.h"

/// SDXL's micro-conditioning: what the UNet is told of the picture beside its text. Source: Podell et al. 2023, "SDXL",
/// section 2.2.
namespace models {

struct PixelSize {
  std::int64_t height, width;
};
struct PixelPlace {
  std::int64_t top = 0, left = 0;
};

/// (1, 6) f32: original height and width, crop's top and left, target's height and width.
at::Tensor base_time_ids(PixelSize original, PixelPlace crop, PixelSize target);

/// (1, 5) f32: the refiner has an aesthetic score in place of the target's size: 6 where diffusers has no other, 2.5
/// for the negative prompt.
at::Tensor refiner_time_ids(PixelSize original, PixelPlace crop, double aesthetic_score);

}  // namespace models
