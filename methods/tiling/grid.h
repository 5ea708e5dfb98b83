// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "methods/tiling/box.h"

namespace tiling {

/// Tiles of one size in rows and columns, each over the edges of its neighbours. No tile is moved or cut: the canvas is
/// as large as they are together.
/// Source: Barbero Jiménez 2023 (Mixture of Diffusers), its grid mode.
struct Grid {
  std::int64_t rows = 1, columns = 1;
  std::int64_t tile_height = 512, tile_width = 512;      ///< px
  std::int64_t row_overlap = 256, column_overlap = 256;  ///< px

  /// Of the canvas, px.
  std::int64_t height() const { return tile_height + (rows - 1) * row_stride(); }
  std::int64_t width() const { return tile_width + (columns - 1) * column_stride(); }
  std::int64_t row_stride() const { return tile_height - row_overlap; }
  std::int64_t column_stride() const { return tile_width - column_overlap; }

  /// Cells of a tile: each bound in px, divided by 8 and rounded down.
  Box tile(std::int64_t row, std::int64_t column) const;
  /// Cells that no other tile has: those of its rows that no other row of tiles has, and of its columns likewise. Empty
  /// where there are none.
  Box exclusive(std::int64_t row, std::int64_t column) const;
  /// The same as the original has it: only tiles of another row and another column take cells away. So in a grid of one
  /// row or column a tile keeps all of its cells. None where no cell is left, which the original refuses.
  std::optional<Box> exclusive_of_both(std::int64_t row, std::int64_t column) const;

  bool operator==(const Grid&) const = default;
};

/// The left crop that diffusers' pipeline for SDXL tells of a column of tiles: their part of a tile's width, and not
/// where they lie.
std::int64_t crop_by_share(std::int64_t column, std::int64_t columns, std::int64_t tile_width);

}  // namespace tiling
