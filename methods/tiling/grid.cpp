// SPDX-License-Identifier: MIT
#include "methods/tiling/grid.h"

#include <algorithm>
#include <cmath>

namespace tiling {
namespace {

struct Span {
  std::int64_t begin, end;
};

/// Cells of the tile number i along an axis.
Span tile_span(std::int64_t i, std::int64_t stride, std::int64_t size) {
  return {i * stride / kCellPixels, (i * stride + size) / kCellPixels};
}

/// Of them those that neither neighbour has.
Span exclusive_span(std::int64_t i, std::int64_t count, std::int64_t stride, std::int64_t size) {
  Span span = tile_span(i, stride, size);
  if (i > 0) span.begin = std::max(span.begin, tile_span(i - 1, stride, size).end);
  if (i + 1 < count) span.end = std::min(span.end, tile_span(i + 1, stride, size).begin);
  return span;
}

std::string pixels(std::int64_t from, std::int64_t to) {
  return std::to_string(from * kCellPixels) + " to " + std::to_string(to * kCellPixels);
}

}  // namespace

std::string text_of(const Box& box) {
  return "rows " + pixels(box.top, box.bottom) + ", columns " + pixels(box.left, box.right);
}

Box Grid::tile(std::int64_t row, std::int64_t column) const {
  const Span down = tile_span(row, row_stride(), tile_height), across = tile_span(column, column_stride(), tile_width);
  return {down.begin, down.end, across.begin, across.end};
}

Box Grid::exclusive(std::int64_t row, std::int64_t column) const {
  const Span down = exclusive_span(row, rows, row_stride(), tile_height);
  const Span across = exclusive_span(column, columns, column_stride(), tile_width);
  const Box box{down.begin, down.end, across.begin, across.end};
  return box.empty() ? Box{} : box;
}

std::optional<Box> Grid::exclusive_of_both(std::int64_t row, std::int64_t column) const {
  if (rows == 1 || columns == 1) return tile(row, column);
  const Box box = exclusive(row, column);
  return box.empty() ? std::nullopt : std::optional(box);
}

std::int64_t crop_by_share(std::int64_t column, std::int64_t columns, std::int64_t tile_width) {
  return std::llrint(static_cast<double>(column) * (static_cast<double>(tile_width) / static_cast<double>(columns)));
}

}  // namespace tiling
