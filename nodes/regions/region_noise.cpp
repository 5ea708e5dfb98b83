// SPDX-License-Identifier: MIT
/// region-noise: noise of a region's own seed in its box: in the place of what is there (tiles with a seed, reroll
/// regions), or noise_eps times added to it. For a loop over regions, whose order counts where they overlap.
///
/// Errors   a region that is not within the latents; one whose seed is still to be drawn
/// Source   Barbero Jiménez 2023 (Mixture of Diffusers); torch's CPU generator, one draw of the box's shape
#include <stdexcept>

#include "graph/registry.h"
#include "methods/tiling/mix.h"
#include "nodes/values.h"
#include "tensors/device.h"

namespace nodes {
namespace {

class RegionNoise final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(1,C,H,W) f32, standard normal, of the canvas"};
  static constexpr graph::In<Region> kRegion{"region", "h x w cells, with a seed"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1,C,H,W) f32"};
  static graph::Contract contract() {
    return graph::Contract("region-noise", "Draws the noise of a region from its own seed.", kLatentsIn, kRegion,
                           kLatents)
        .family("regions")
        .bypass(kLatents, kLatentsIn)
        .example("roll: {type: region-noise, in: {latents: state.latents, region: turn.region}}");
  }

  explicit RegionNoise(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    at::Tensor latents = cx.get(kLatentsIn).tensor.clone();
    const tiling::Region& region = *cx.get(kRegion).region;
    tiling::check_within(region, latents.size(2), latents.size(3));
    if (region.resets_noise || region.noise_eps > 0) {
      if (!region.seed) throw std::runtime_error(region.name + " has no seed yet: link settle-regions in front");
      tensors::Generator generator(*region.seed);
      const at::Tensor drawn = tensors::to_device(
          generator.randn({latents.size(0), latents.size(1), region.box.height(), region.box.width()}),
          latents.device());
      at::Tensor box = tiling::cells(latents, region.box);
      if (region.resets_noise) box.copy_(drawn);
      else box.add_(drawn * region.noise_eps);
    }
    cx.send(kLatents, Latents{latents});
  }
};

}  // namespace

void register_region_noise(graph::Registry& registry) {
  registry.add<RegionNoise>();
}

}  // namespace nodes
