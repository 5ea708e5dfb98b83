// SPDX-License-Identifier: MIT
/// draw-regions: a picture of regions, each in a colour of its own, with lines along their boundaries.
///
/// Errors   a boundary that is not a colour or wider than a cell: refused when the node is opened
/// Source   none (definition)
#include "imaging/regions/draw_regions.h"

#include <stdexcept>

#include "graph/registry.h"
#include "imaging/resize.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class DrawRegions final : public graph::Node {
 public:
  static constexpr graph::In<Labels> kLabels{"labels", "(h,w) i32"};
  static constexpr graph::In<Image> kBelow{"image", "(H,W,3) f32 RGB in [0,1], what the colours lie over", true};
  static constexpr graph::Out<Image> kImage{"image", "(scale·h,scale·w,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "another seed, other colours", .value = 0};
  static constexpr graph::Prop<int> kScale{
      .name = "scale", .help = "side of a cell in the picture", .value = 4, .min = 1, .max = 64, .unit = "px"};
  static constexpr graph::Prop<std::string> kBoundary{
      .name = "boundary", .help = "colour of the boundaries, as #rrggbb", .value = "#000000"};
  static constexpr graph::Prop<int> kBoundaryWidth{.name = "boundary_width",
                                                   .help = "of the boundaries, at most scale; 0: none",
                                                   .value = 1,
                                                   .min = 0,
                                                   .max = 64,
                                                   .unit = "px"};
  static constexpr graph::Prop<double> kOpacity{
      .name = "opacity", .help = "of the colours over an image", .value = 0.5, .min = 0, .max = 1};
  static graph::Contract contract() {
    return graph::Contract("draw-regions", "Draws regions as a picture, with their boundaries.", kLabels, kBelow,
                           kImage, kSeed, kScale, kBoundary, kBoundaryWidth, kOpacity)
        .family("collage")
        .example("drawn: {type: draw-regions, in: {labels: regions.labels}}");
  }

  explicit DrawRegions(const graph::Props& props)
      : drawing_{.seed = static_cast<std::uint64_t>(props.get(kSeed)),
                 .scale = props.get(kScale),
                 .boundary_width = props.get(kBoundaryWidth),
                 .boundary = props.get(kBoundary, imaging::colour_named),
                 .opacity = props.get(kOpacity)} {
    if (drawing_.boundary_width > drawing_.scale) {
      throw std::invalid_argument("boundary_width " + std::to_string(drawing_.boundary_width) +
                                  " is wider than a cell, whose side is scale, " + std::to_string(drawing_.scale));
    }
  }

  void process(graph::Context& cx) const override {
    const Image* below = cx.find(kBelow);
    cx.send(kImage, Image{imaging::draw_regions(*cx.get(kLabels).map, drawing_, below ? below->pixels : cv::Mat())});
  }

 private:
  const imaging::RegionDrawing drawing_;
};

}  // namespace

void register_draw_regions(graph::Registry& registry) {
  registry.add<DrawRegions>();
}

}  // namespace nodes
