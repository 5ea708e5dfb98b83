// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// Animated WebP files, which OpenCV's decoder refuses (before 4.11).
namespace imaging {

/// Where the first picture of an animation lies on its canvas, and the picture as a WebP of its own.
struct WebpFrame {
  int x = 0, y = 0;
  std::vector<std::byte> file{};
};

/// The first picture of a WebP; no file where it is not animated. Throws std::runtime_error for an animation without
/// pictures, or cut off in the first.
WebpFrame first_webp_frame(std::span<const std::byte> file);

}  // namespace imaging
