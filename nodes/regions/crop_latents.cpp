// SPDX-License-Identifier: MIT
/// crop-latents: the cells of a region.
///
/// Batches  all regions of a canvas are cut out in one call, so that they are there together for the denoiser's
/// Errors   a region that is not within the latents
#include <stdexcept>

#include "graph/registry.h"
#include "methods/tiling/mix.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class CropLatents final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(B,C,H,W) f32, of the canvas"};
  static constexpr graph::In<Region> kRegion{"region", "h x w cells"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(B,C,h,w) f32, of the region"};
  static graph::Contract contract() {
    return graph::Contract("crop-latents", "Takes the latents of a region out of those of its canvas.", kLatentsIn,
                           kRegion, kLatents)
        .family("regions")
        .batch(80)
        .example("crop: {type: crop-latents, in: {latents: state.latents, region: each.region}}");
  }

  explicit CropLatents(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    const at::Tensor& latents = cx.get(kLatentsIn).tensor;
    const tiling::Region& region = *cx.get(kRegion).region;
    tiling::check_within(region, latents.size(2), latents.size(3));
    cx.send(kLatents, Latents{tiling::cells(latents, region.box).contiguous()});
  }
};

}  // namespace

void register_crop_latents(graph::Registry& registry) {
  registry.add<CropLatents>();
}

}  // namespace nodes
