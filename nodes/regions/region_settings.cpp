// SPDX-License-Identifier: MIT
#include "nodes/regions/region_settings.h"

#include <algorithm>

#include "base/limits.h"

namespace nodes {
namespace {

constexpr base::Limit kCanvasPixels{"picture-pixels"}, kCanvasSide{"picture-side"};

}  // namespace

void SettingFaults::throw_if_any() const {
  if (any()) throw graph::DataFaults(faults_);
}

graph::Shape drawn_seed_shape() {
  using graph::Shape;
  return Shape::one_of({Shape::whole(), Shape::text().choices("RNG|random")}).or_null();
}

std::optional<std::int64_t> seed_in(const graph::Data& data) {
  return data.sort() == graph::Data::Sort::kInt ? std::optional(data.as<std::int64_t>()) : std::nullopt;
}

graph::Shape rows_shape(graph::Shape cell) {
  using graph::Shape;
  return Shape::list_of(Shape::list_of(std::move(cell)).sized(1)).sized(1);
}

void check_cells(const std::string& property, std::int64_t pixels, SettingFaults& faults) {
  if (pixels % tiling::kCellPixels != 0)
    faults.add(property + ": " + std::to_string(pixels) + " is not a multiple of 8, the side of a cell of latents");
}

void check_canvas(const std::string& property, std::int64_t height, std::int64_t width, SettingFaults& faults) {
  const auto most_side = static_cast<std::int64_t>(kCanvasSide.most());
  if (std::max(height, width) <= most_side && height * width <= static_cast<std::int64_t>(kCanvasPixels.most())) return;
  faults.add(property + ": the canvas would be of " + std::to_string(width) + " x " + std::to_string(height) +
             " px (width x height): a picture has at most " + kCanvasPixels.text() + " (picture-pixels) and sides of " +
             kCanvasSide.text() + " px (picture-side)");
}

tiling::Box box_in(const PixelBox& pixels, std::int64_t height, std::int64_t width, const std::string& name,
                   const std::vector<std::string>& fields, SettingFaults& faults) {
  const std::int64_t bounds[] = {pixels.top, pixels.bottom, pixels.left, pixels.right};
  const graph::Data* at[] = {&pixels.top_at, &pixels.bottom_at, &pixels.left_at, &pixels.right_at};
  bool good = true;
  const auto fault = [&](std::size_t i, const std::string& what) {
    faults.add(name + fields[i] + ": " + what, at[i]->mark());
    good = false;
  };
  for (std::size_t i = 0; i < 4; ++i) {
    if (bounds[i] < 0) fault(i, std::to_string(bounds[i]) + " is below 0");
    else if (bounds[i] % tiling::kCellPixels != 0) fault(i, std::to_string(bounds[i]) + " is not a multiple of 8");
  }
  for (const std::size_t i : {1, 3}) {
    if (good && bounds[i] <= bounds[i - 1])
      fault(i, std::to_string(bounds[i]) + " is not greater than " + std::to_string(bounds[i - 1]) +
                   ", where it begins: the region has no extent");
  }
  for (const std::size_t i : {1, 3}) {
    const std::int64_t most = i == 1 ? height : width;
    if (good && bounds[i] > most)
      fault(i, std::to_string(bounds[i]) + " is beyond the canvas of " + std::to_string(width) + " x " +
                   std::to_string(height) + " px (width x height)");
  }
  const std::int64_t cell = tiling::kCellPixels;
  return {pixels.top / cell, pixels.bottom / cell, pixels.left / cell, pixels.right / cell};
}

graph::List<Region> list_of(std::vector<tiling::Region> regions) {
  std::vector<Region> values;
  values.reserve(regions.size());
  for (tiling::Region& region : regions) values.push_back({std::make_shared<const tiling::Region>(std::move(region))});
  return graph::List<Region>(std::move(values));
}

std::vector<std::shared_ptr<const tiling::Region>> regions_in(const graph::List<Region>& regions) {
  std::vector<std::shared_ptr<const tiling::Region>> all;
  for (const Region* one : regions.present()) all.push_back(one->region);
  return all;
}

}  // namespace nodes
