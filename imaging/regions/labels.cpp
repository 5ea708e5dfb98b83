// SPDX-License-Identifier: MIT
#include "imaging/regions/labels.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace imaging {
namespace {

std::string text(std::int64_t number) {
  return std::to_string(number);
}

// The divisors of both sides that are nearest to `size`, below and above, as words.
std::string nearest_divisors(int height, int width, int size) {
  const auto divides = [&](int divisor) { return height % divisor == 0 && width % divisor == 0; };
  const int most = std::min(height, width);
  int below = std::min(size, most), above = size;
  while (!divides(below)) --below;  // ends at 1
  while (above <= most && !divides(above)) ++above;
  return above <= most ? text(below) + " and " + text(above) + " do" : text(below) + " does";
}

}  // namespace

Labels labels_of(std::vector<std::int32_t> ids, int height, int width) {
  const std::size_t cells = static_cast<std::size_t>(height) * width;
  if (cells == 0) throw std::invalid_argument("labels without a cell");
  if (ids.size() != cells) {
    throw std::invalid_argument(text(static_cast<std::int64_t>(ids.size())) + " labels for " + text(height) + " by " +
                                text(width) + " cells");
  }
  const auto negative = std::ranges::find_if(ids, [](std::int32_t id) { return id < 0; });
  if (negative != ids.end()) {
    const auto cell = negative - ids.begin();
    throw std::invalid_argument("the label " + text(*negative) + " in row " + text(cell / width) + ", column " +
                                text(cell % width) + "; labels count from 0");
  }
  // More regions than cells would leave gaps, too: no need to count further than the cells.
  const std::int32_t greatest = *std::ranges::max_element(ids);
  std::vector<bool> seen(std::min(cells, static_cast<std::size_t>(greatest)) + 1);
  for (const std::int32_t id : ids) {
    if (static_cast<std::size_t>(id) < seen.size()) seen[id] = true;
  }
  const auto missing = std::ranges::find(seen, false);
  if (missing != seen.end()) {
    throw std::invalid_argument("no cell has the label " + text(missing - seen.begin()) + ", but one has " +
                                text(greatest) + "; number the regions from 0 without gaps");
  }
  return {.height = height, .width = width, .count = greatest + 1, .ids = std::move(ids)};
}

Labels square_grid(int height, int width, int patch_size) {
  if (height < 1 || width < 1) throw std::invalid_argument("latents without a cell");
  if (patch_size < 1)
    throw std::invalid_argument("patch_size " + text(patch_size) + "; a square has at least one cell");
  if (height % patch_size != 0 || width % patch_size != 0) {
    throw std::invalid_argument("patch_size " + text(patch_size) + " does not divide the latents of " + text(height) +
                                " by " + text(width) + " cells; " + nearest_divisors(height, width, patch_size));
  }
  const int columns = width / patch_size;
  Labels labels{
      .height = height, .width = width, .count = height / patch_size * columns, .ids = {}, .patch_size = patch_size};
  labels.ids.reserve(static_cast<std::size_t>(height) * width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) labels.ids.push_back(y / patch_size * columns + x / patch_size);
  }
  return labels;
}

}  // namespace imaging
