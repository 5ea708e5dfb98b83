// SPDX-License-Identifier: MIT
/// blend: latents drawn towards what was matched: (1 − α)·latent + α·window in each matched region.
///
/// Notes    while the node is inactive, or nothing was sent to it, the latents pass as they are
/// Errors   latents of another size than what was matched
/// Source   CollageNet
#include "methods/matching/blend.h"

#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Blend final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(1,C,h,w) f32"};
  static constexpr graph::In<matching::Matches> kMatches{"matches", "of these latents"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::Prop<graph::Ramp> kAlpha{
      .name = "alpha",
      .help = "how far to go: 0 leaves the latents as they are, 1 leaves nothing of them",
      .value = graph::Ramp{0.0, 0.1},
      .min = 0,
      .max = 1};
  static graph::Contract contract() {
    return graph::Contract("blend", "Draws latents towards what was matched.", kLatentsIn, kMatches, kLatents, kAlpha)
        .family("collage")
        .bypass(kLatents, kLatentsIn)
        .example(
            "blended: {type: blend, in: {latents: step.latents, matches: matched.matches}, "
            "alpha: {from: 0.0, to: 0.1}, when: {from: 0.7, to: 1.0}}");
  }

  explicit Blend(const graph::Props& props) : alpha_(props.get(kAlpha)) {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kLatents, outlook.in(kLatentsIn)); }

  void process(graph::Context& cx) const override {
    const matching::Matches& matches = cx.get(kMatches);
    const at::Tensor& latents = cx.get(kLatentsIn).tensor;
    const bool nothing = matches.matches.empty();
    const auto send = [&](const at::Tensor& tensor) {
      const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
      return tensors::to_device(tensor, latents.device());
    };
    cx.send(kLatents, Latents{nothing ? latents : matching::blend(latents, matches, alpha_.at(cx.window()), send)});
  }

 private:
  const graph::Ramp alpha_;
};

}  // namespace

void register_blend(graph::Registry& registry) {
  registry.add<Blend>();
}

}  // namespace nodes
