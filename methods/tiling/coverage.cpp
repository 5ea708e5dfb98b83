// SPDX-License-Identifier: MIT
#include "methods/tiling/coverage.h"

#include <algorithm>

namespace tiling {
namespace {

constexpr std::size_t kMostListed = 4;

/// Which cells are covered, row by row.
class Cover {
 public:
  Cover(std::int64_t height, std::int64_t width)
      : height_(height), width_(width), cells_(static_cast<std::size_t>(height * width), 0) {}

  char& at(std::int64_t row, std::int64_t column) { return cells_[static_cast<std::size_t>(row * width_ + column)]; }

  void add(const Region& region) {
    const Box& box = region.box;
    if (region.weights.weight <= 0) return;
    at::Tensor mask = region.weights.mask;
    if (mask.defined()) mask = mask.contiguous();
    const double* weight = mask.defined() ? mask.data_ptr<double>() : nullptr;
    for (std::int64_t row = box.top; row < box.bottom; ++row)
      for (std::int64_t column = box.left; column < box.right; ++column)
        if (weight == nullptr || *weight++ > 0) at(row, column) = 1;
  }

  /// Takes the largest box of free cells of which one is the first that is free, as wide as its first row allows.
  bool take(Box& box) {
    const auto first = std::find(cells_.begin() + from_, cells_.end(), 0);
    if (first == cells_.end()) return false;
    from_ = first - cells_.begin();
    box = {from_ / width_, from_ / width_, from_ % width_, from_ % width_};
    while (box.right < width_ && !at(box.top, box.right)) ++box.right;
    while (box.bottom < height_ && is_free(box.bottom, box)) fill(box.bottom++, box);
    return true;
  }

 private:
  bool is_free(std::int64_t row, const Box& box) {
    const auto begin = cells_.begin() + row * width_;
    return std::all_of(begin + box.left, begin + box.right, [](char cell) { return cell == 0; });
  }
  void fill(std::int64_t row, const Box& box) {
    const auto begin = cells_.begin() + row * width_;
    std::fill(begin + box.left, begin + box.right, 1);
  }

  const std::int64_t height_, width_;
  std::vector<char> cells_;
  std::ptrdiff_t from_ = 0;
};

}  // namespace

std::vector<Box> uncovered(const std::vector<Region>& regions, std::int64_t height, std::int64_t width) {
  Cover cover(height, width);
  for (const Region& region : regions) cover.add(region);
  std::vector<Box> boxes;
  for (Box box; cover.take(box);) boxes.push_back(box);
  return boxes;
}

std::string listed(const std::vector<Box>& boxes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(boxes.size(), kMostListed); ++i)
    text += (i == 0 ? "" : "; ") + text_of(boxes[i]);
  if (boxes.size() > kMostListed) text += "; and " + std::to_string(boxes.size() - kMostListed) + " more";
  return text;
}

}  // namespace tiling
