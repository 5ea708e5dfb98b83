// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "methods/tiling/region.h"

namespace tiling {

/// Cells of a canvas (height × width) in which no region has any weight, as boxes that do not overlap, from the top and
/// from the left. `regions`: those with a text; all within the canvas.
std::vector<Box> uncovered(const std::vector<Region>& regions, std::int64_t height, std::int64_t width);

/// "rows 0 to 64, columns 32 to 80; rows …": of many boxes the first few.
std::string listed(const std::vector<Box>& boxes);

}  // namespace tiling
