// SPDX-License-Identifier: MIT
/// add-noise: clean latents brought to the noise level that a schedule begins at: the start of image to image.
///
/// Notes    the schedule's strength says how much noise. The generator is vae-encode's where that sampled, as diffusers
///          draws the posterior and the noise from one
/// Source   Meng et al. 2022 (SDEdit)
#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class AddNoise final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(B,C,h,w) f32, clean"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the first says how much"};
  static constexpr graph::In<tensors::Generator> kGeneratorIn{"generator", "to draw from"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(B,C,h,w) f32, noisy"};
  static constexpr graph::Out<tensors::Generator> kGenerator{"generator", "behind the numbers that were drawn"};
  static graph::Contract contract() {
    return graph::Contract("add-noise", "Brings clean latents to the noise level that a schedule begins at.",
                           kLatentsIn, kSchedule, kGeneratorIn, kLatents, kGenerator)
        .family("sampling")
        .example(
            "noisy: {type: add-noise, in: {latents: encoded.latents, schedule: schedule.schedule, "
            "generator: encoded.generator}}");
  }

  explicit AddNoise(const graph::Props& /*props*/) {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kLatents, outlook.in(kLatentsIn)); }

  void process(graph::Context& cx) const override {
    const at::Tensor& latents = cx.get(kLatentsIn).tensor;
    tensors::Generator generator = cx.get(kGeneratorIn);
    const at::Tensor noise = generator.randn(latents.sizes());
    cx.send(kLatents, Latents{schedulers::add_noise(cx.get(kSchedule), latents, noise)});
    cx.send(kGenerator, std::move(generator));
  }
};

}  // namespace

void register_add_noise(graph::Registry& registry) {
  registry.add<AddNoise>();
}

}  // namespace nodes
