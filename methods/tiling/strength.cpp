// SPDX-License-Identifier: MIT
#include "methods/tiling/strength.h"

#include <algorithm>
#include <cmath>

namespace tiling {

std::int64_t last_held_step(std::int64_t steps, double strength, std::int64_t offset) {
  const auto free = static_cast<std::int64_t>(std::floor(static_cast<double>(steps) * (1 - strength)));
  const std::int64_t begin = std::min(free + offset, steps);
  return std::min(std::max(steps - begin + offset, std::int64_t{0}), steps - 1);
}

}  // namespace tiling
