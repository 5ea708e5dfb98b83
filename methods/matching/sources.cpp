// SPDX-License-Identifier: MIT
#include "methods/matching/sources.h"

#include <algorithm>
#include <cmath>

namespace matching {

Box picture_box(const SourceRecord& record, int y, int x, int height, int width, int downsample_factor) {
  // nearbyint rounds half to even, as Python's round does, in the default rounding mode.
  const auto to_picture = [downsample_factor](int cells, double scale) {
    return static_cast<int>(std::nearbyint(cells * downsample_factor * scale));
  };
  Box box;
  box.left = std::clamp(to_picture(x, record.scale_x), 0, record.original_width);
  box.top = std::clamp(to_picture(y, record.scale_y), 0, record.original_height);
  box.right = std::max(std::min(to_picture(x + width, record.scale_x), record.original_width), box.left + 1);
  box.bottom = std::max(std::min(to_picture(y + height, record.scale_y), record.original_height), box.top + 1);
  return box;
}

}  // namespace matching
