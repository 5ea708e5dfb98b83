// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tensors/torch.h"

/// Which cells of latents are held to the collage at a timestep. Source: Sarukkai et al. 2023 (Collage Diffusion).
namespace layering {

/// K = 1 − M of a noise map M (1,1,8h,8w) f32 at each cell: that of its pixel (8i + 4, 8j + 4). Gives (1,1,h,w) f32.
at::Tensor keep_map(const at::Tensor& noise_map);

/// How far what is held reaches beyond itself: ⌊4 t⌋ cells, t in [0,1) of the training timesteps.
std::int64_t hold_reach(double timestep, double timesteps);

/// 1 where K > 1 − t, t the timestep over the number of training timesteps (in float32), and within `reach` cells of
/// that; else 0: (1,1,h,w) f32. What is drawn from the noise level s on is let go once t ≤ s.
at::Tensor held_cells(const at::Tensor& keep_map, double timestep, double timesteps, std::int64_t reach);

}  // namespace layering
