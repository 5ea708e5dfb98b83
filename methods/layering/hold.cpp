// SPDX-License-Identifier: MIT
#include "methods/layering/hold.h"

#include <cmath>

namespace layering {

at::Tensor keep_map(const at::Tensor& noise_map) {
  constexpr std::int64_t kCell = 8, kMiddle = 4;
  const auto cells = [=](const at::Tensor& t, int side) { return t.slice(side, kMiddle, t.size(side), kCell); };
  return 1 - cells(cells(noise_map, 2), 3);
}

std::int64_t hold_reach(double timestep, double timesteps) {
  return static_cast<std::int64_t>(std::floor(4 * timestep / timesteps));
}

at::Tensor held_cells(const at::Tensor& keep_map, double timestep, double timesteps, std::int64_t reach) {
  const auto threshold = static_cast<float>(1 - timestep / timesteps);
  const at::Tensor held = keep_map.gt(threshold).to(at::kFloat);
  if (reach == 0) return held;
  return at::max_pool2d(held, {2 * reach + 1, 2 * reach + 1}, {1, 1}, {reach, reach});
}

}  // namespace layering
