// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace imaging {

/// A map of regions: each cell's region, numbered from 0 without gaps.
struct Labels {
  int height = 0, width = 0;        ///< cells
  int count = 0;                    ///< regions
  std::vector<std::int32_t> ids{};  ///< (height·width), row-major, each in 0 … count−1
  int patch_size = 0;               ///< > 0: not regions but a grid of squares of this side in cells, in reading order
  std::optional<double> threshold{};  ///< threshold regions: the similarity from which neighbours were joined

  std::int32_t at(int y, int x) const { return ids[static_cast<std::size_t>(y) * width + x]; }
};

/// Regions that somebody else numbered, row-major. Throws std::invalid_argument: another number of ids than cells, an
/// id below 0, a number that no cell has below one that some cell has.
Labels labels_of(std::vector<std::int32_t> ids, int height, int width);

/// A grid of squares, in reading order. Throws std::invalid_argument naming the nearest sides that will do when
/// patch_size does not divide both sides.
Labels square_grid(int height, int width, int patch_size);

/// Numbers of a plane stack (channels,height,width), row-major, that somebody else owns.
struct Planes {
  const float* data = nullptr;
  int channels = 0, height = 0, width = 0;
};

}  // namespace imaging
