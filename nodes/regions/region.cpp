// SPDX-License-Identifier: MIT
/// region: takes a region of a canvas apart, so that what it says can be linked to other nodes.
///
/// Batches  all regions of a canvas are taken apart in one call, so that their texts are there together
/// Notes    what a region has not is not sent: a seed that is still to be drawn, a picture, what belongs to another
/// kind
#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class SplitRegion final : public graph::Node {
 public:
  using Int = std::int64_t;
  static constexpr graph::In<Region> kRegion{"region", "of load-grid or load-canvas"};
  static constexpr graph::Out<std::string> kName{"name", "its place in the settings: regions[2]"};
  static constexpr graph::Out<Int> kTop{"top", "px, from the canvas's edge; a multiple of 8, as the next three"};
  static constexpr graph::Out<Int> kLeft{"left", "px"};
  static constexpr graph::Out<Int> kWidth{"width", "px"};
  static constexpr graph::Out<Int> kHeight{"height", "px"};
  static constexpr graph::Out<std::string> kPrompt{"prompt", "what is to be drawn there"};
  static constexpr graph::Out<std::string> kNegativePrompt{"negative_prompt", "what is not; may be empty"};
  static constexpr graph::Out<bool> kNoNegative{"no_negative_prompt", "none was given: text-encode's force_zeros_…"};
  static constexpr graph::Out<double> kScaleSent{"guidance_scale", "its own, or the property"};
  static constexpr graph::Out<bool> kPromptAlone{"prompt_alone",
                                                 "its scale is 1, so that the negative prompt is not asked"};
  static constexpr graph::Out<Int> kSeed{"region_seed", "of its noise"};
  static constexpr graph::Out<double> kNoiseEps{"noise_eps", "how much of that is added"};
  static constexpr graph::Out<graph::FilePath> kReference{"reference_image", "the file of its picture"};
  static constexpr graph::Out<double> kStrength{"strength", "in [0,1]: for how much of the steps it is held"};
  static constexpr graph::Out<Int> kCropTop{"crop_top", "px, for SDXL; likewise those below"};
  static constexpr graph::Out<Int> kCropLeft{"crop_left", "px"};
  static constexpr graph::Out<Int> kTargetWidth{"target_width", "px"};
  static constexpr graph::Out<Int> kTargetHeight{"target_height", "px"};
  static constexpr graph::Out<Int> kOriginalWidth{"original_width", "px"};
  static constexpr graph::Out<Int> kOriginalHeight{"original_height", "px"};
  static constexpr graph::Out<Int> kNegativeTargetWidth{"negative_target_width", "px"};
  static constexpr graph::Out<Int> kNegativeTargetHeight{"negative_target_height", "px"};
  static constexpr graph::Out<Int> kNegativeOriginalWidth{"negative_original_width", "px"};
  static constexpr graph::Out<Int> kNegativeOriginalHeight{"negative_original_height", "px"};
  static constexpr graph::Prop<double> kScale{.name = "guidance_scale",
                                              .help = "of regions that have none of their own",
                                              .value = 7.5,
                                              .min = -1000,
                                              .max = 1000};

  static graph::Contract contract() {
    return graph::Contract("region", "Takes a region of a canvas apart.", kRegion, kName, kTop, kLeft, kWidth, kHeight,
                           kPrompt, kNegativePrompt, kNoNegative, kScaleSent, kPromptAlone, kSeed, kNoiseEps,
                           kReference, kStrength, kCropTop, kCropLeft, kTargetWidth, kTargetHeight, kOriginalWidth,
                           kOriginalHeight, kNegativeTargetWidth, kNegativeTargetHeight, kNegativeOriginalWidth,
                           kNegativeOriginalHeight, kScale)
        .family("regions")
        .batch(80)
        .mixed_properties()
        .example("r: {type: region, in: {region: each.region}}");
  }

  explicit SplitRegion(const graph::Props& props) : scale_(props.get(kScale)) {}

  void process(graph::Context& cx) const override {
    const tiling::Region& region = *cx.get(kRegion).region;
    constexpr Int kCell = tiling::kCellPixels;
    cx.send(kName, std::string(region.name));
    cx.send(kTop, region.box.top * kCell);
    cx.send(kLeft, region.box.left * kCell);
    cx.send(kWidth, region.box.width() * kCell);
    cx.send(kHeight, region.box.height() * kCell);
    if (region.seed) cx.send(kSeed, Int{*region.seed});
    cx.send(kNoiseEps, double{region.noise_eps});
    if (region.kind == tiling::Region::Kind::kText) send_text(cx, region);
    if (region.kind != tiling::Region::Kind::kImage) return;
    cx.send(kReference, graph::FilePath{region.reference_image});
    cx.send(kStrength, double{region.strength});
  }

 private:
  void send_text(graph::Context& cx, const tiling::Region& region) const {
    cx.send(kPrompt, std::string(region.prompt));
    cx.send(kNegativePrompt, std::string(region.negative_prompt));
    cx.send(kNoNegative, !region.has_negative_prompt);
    const double scale = region.guidance_scale.value_or(scale_);
    cx.send(kScaleSent, double{scale});
    cx.send(kPromptAlone, scale == 1);
    cx.send(kCropTop, Int{region.crop_top});
    cx.send(kCropLeft, Int{region.crop_left});
    const auto send_size = [&](const auto& width, const auto& height, const tiling::Size& size) {
      cx.send(width, Int{size.width});
      cx.send(height, Int{size.height});
    };
    send_size(kTargetWidth, kTargetHeight, region.target);
    send_size(kOriginalWidth, kOriginalHeight, region.original);
    send_size(kNegativeTargetWidth, kNegativeTargetHeight, region.negative_target);
    send_size(kNegativeOriginalWidth, kNegativeOriginalHeight, region.negative_original);
  }

  const double scale_;
};

}  // namespace

void register_region(graph::Registry& registry) {
  registry.add<SplitRegion>();
}

}  // namespace nodes
