// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace tiling {

inline constexpr std::int64_t kCellPixels = 8;  ///< side of a cell of latents, px

/// A rectangle of cells of latents, half-open.
struct Box {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;

  std::int64_t height() const { return bottom - top; }
  std::int64_t width() const { return right - left; }
  bool empty() const { return bottom <= top || right <= left; }
  bool operator==(const Box&) const = default;
};

/// "rows 0 to 64, columns 32 to 80" in px, for messages.
std::string text_of(const Box& box);

}  // namespace tiling
