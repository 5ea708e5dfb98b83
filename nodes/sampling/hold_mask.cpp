// SPDX-License-Identifier: MIT
/// hold-mask: after each step, what is not to be painted anew is the picture's own again, at the noise level of the
/// next turn, and in the end without noise: (1 − m) · y + m · x. Where reference and noise do not come, as of
/// inpaint-start with an inpainting model, latents pass through.
///
/// Errors   a mask that is not as large as the latents' picture
/// Source   diffusers' StableDiffusionInpaintPipeline, number for number; after Avrahami et al. 2022 (blended
///          diffusion)
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/masks.h"
#include "nodes/sampling/inpainting.h"
#include "tensors/device.h"

namespace nodes {
namespace {

class HoldMask final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(B,C,h,w) f32, behind the turn's step"};
  static constexpr graph::In<Latents> kReference{"reference", "(1,C,h,w) f32: the picture's"};
  static constexpr graph::In<Latents> kNoise{"noise", "(1,C,h,w) f32, standard normal: the same at every turn"};
  static constexpr graph::In<Mask> kMask{"mask", "(8h,8w) f32: from 0.5 on it is painted anew"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the loop's is taken"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(B,C,h,w) f32"};
  static graph::Contract contract() {
    return graph::Contract("hold-mask", "Keeps a picture as it is where a mask does not cover it.", kLatentsIn,
                           kReference, kNoise, kMask, kSchedule, kLatents)
        .family("sampling")
        .bypass(kLatents, kLatentsIn)
        .example(
            "hold: {type: hold-mask, in: {latents: step.latents, reference: start.reference, noise: start.noise, "
            "mask: mask.mask, schedule: schedule.schedule}}");
  }

  explicit HoldMask(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    const at::Tensor& latents = cx.get(kLatentsIn).tensor;
    const at::Tensor& reference = cx.get(kReference).tensor;
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto next = static_cast<std::size_t>(cx.turn().index) + 1;
    const at::Tensor kept =
        next < schedule.size() ? schedulers::add_noise(schedule, reference, cx.get(kNoise).tensor, next) : reference;
    const Mask hard{imaging::hard_mask(cx.get(kMask).weights)};
    const at::Tensor mask = tensors::to_device(mask_at(hard, latents.size(2), latents.size(3)), latents.device());
    cx.send(kLatents, Latents{(1 - mask) * kept + mask * latents});
  }
};

}  // namespace

void register_hold_mask(graph::Registry& registry) {
  registry.add<HoldMask>();
}

}  // namespace nodes
