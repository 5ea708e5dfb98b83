// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/registry.h"
#include "graph/shape.h"
#include "methods/tiling/region.h"
#include "nodes/values.h"

/// What load-grid and load-canvas read alike.
namespace nodes {

/// What is wrong with a node's settings, each at its place.
class SettingFaults {
 public:
  /// `what` begins with the property: "regions[2].row_end: …". Without a mark it is told at the property's place.
  void add(const std::string& what, const graph::Mark& mark = {}) { faults_.push_back({mark, what}); }
  bool any() const { return !faults_.empty(); }
  /// Throws graph::DataFaults.
  void throw_if_any() const;

 private:
  std::vector<graph::Fault> faults_;
};

/// An int; null, or what the original's scripts write for it ("RNG"), is drawn for each item.
graph::Shape drawn_seed_shape();
/// None where it is to be drawn.
std::optional<std::int64_t> seed_in(const graph::Data& data);

/// Rows of cells.
graph::Shape rows_shape(graph::Shape cell);

/// A side or an overlap of tiles, or of the canvas: notes a fault where it is not a multiple of 8.
void check_cells(const std::string& property, std::int64_t pixels, SettingFaults& faults);

/// Notes a fault, of that property, where a canvas has a longer side or more pixels than a picture may have.
void check_canvas(const std::string& property, std::int64_t height, std::int64_t width, SettingFaults& faults);

/// Bounds of a box in px, and where they stand.
struct PixelBox {
  std::int64_t top, bottom, left, right;
  const graph::Data &top_at, &bottom_at, &left_at, &right_at;
};

/// In cells; notes faults where a bound is not a multiple of 8, where there is nothing between two of them, and where
/// they reach beyond a canvas of height × width px. `name`: "regions[2]"; `fields`: how its bounds are called.
tiling::Box box_in(const PixelBox& pixels, std::int64_t height, std::int64_t width, const std::string& name,
                   const std::vector<std::string>& fields, SettingFaults& faults);

/// What is sent.
graph::List<Region> list_of(std::vector<tiling::Region> regions);

/// The regions as Mixer and others take them.
std::vector<std::shared_ptr<const tiling::Region>> regions_in(const graph::List<Region>& regions);

}  // namespace nodes
