// SPDX-License-Identifier: MIT
/// preview: a small picture of latents, without an autoencoder: what a loop can show at every turn.
///
/// Colours are SDXL's, a linear map of 4 channels for latents times SDXL's scaling factor, or principal ones of any
/// model: the strongest of what differs as brightness, the next two as colour.
///
/// Notes    whoever watches the run is sent the picture, too
/// Errors   latents of several pictures; of another number of channels than the map's; for principal, latents that are
///          not numbers
/// Source   T. A. Vass, Explaining the SDXL latent space, 2023 (the factors of diffusers' guide to callbacks, too)
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/latent_colours.h"
#include "imaging/regions/draw_regions.h"
#include "nodes/latent_planes.h"

namespace nodes {
namespace {

constexpr int kSdxlChannels = 4;

class Preview final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::Out<Image> kImage{"image", "(scale·h,scale·w,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<std::string> kColours{
      .name = "colours",
      .help = "how channels become colours: SDXL's, or those of any model",
      .value = "sdxl",
      .choices = "sdxl|principal"};
  static constexpr graph::Prop<int> kScale{
      .name = "scale", .help = "side of a cell in the picture", .value = 1, .min = 1, .max = 64, .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("preview", "Shows latents as a small picture, without an autoencoder.", kLatents, kImage,
                           kColours, kScale)
        .family("sampling")
        .sink()
        .example("seen: {type: preview, in: {latents: step.latents}}");
  }

  explicit Preview(const graph::Props& props)
      : principal_(props.get(kColours) == "principal"), scale_(props.get(kScale)) {}

  void process(graph::Context& cx) const override {
    const LatentPlanes latents = planes_of(cx, cx.get(kLatents), "show them one by one");
    const Image image{
        imaging::enlarged(principal_ ? imaging::principal_colours(latents.planes) : sdxl(latents.planes), scale_)};
    cx.preview(graph::Value::of(image));
    cx.send(kImage, image);
  }

 private:
  static cv::Mat sdxl(const imaging::Planes& planes) {
    if (planes.channels != kSdxlChannels) {
      throw std::runtime_error("latents of " + std::to_string(planes.channels) +
                               " channels, and SDXL's colours are those of " + std::to_string(kSdxlChannels) +
                               "; colours: principal shows any");
    }
    return imaging::sdxl_colours(planes);
  }

  const bool principal_;
  const int scale_;
};

}  // namespace

void register_preview(graph::Registry& registry) {
  registry.add<Preview>();
}

}  // namespace nodes
