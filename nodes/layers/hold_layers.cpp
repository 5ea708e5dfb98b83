// SPDX-License-Identifier: MIT
/// hold-layers: after each step, cells of latents whose level of noise is below the turn's are those of the collage
/// again, noised: with s the level and t the turn's timestep, in parts of the training timesteps, while s < t, and
/// within ⌊4 t⌋ cells of such. So what is there floats freely once t ≤ s.
///
/// Chance   fresh noise is drawn at every turn, also where nothing is held
/// Notes    the noise level is that of the turn's own timestep, as in the original, though the latents have just come
///          to the next one: hold_level
/// Errors   levels that are not of the size of the latents' picture; a reference of another shape
/// Source   Sarukkai et al. 2023 (Collage Diffusion)
#include <stdexcept>

#include "graph/registry.h"
#include "methods/layering/hold.h"
#include "nodes/picture_tensors.h"
#include "nodes/values.h"
#include "tensors/device.h"

namespace nodes {
namespace {

class HoldLayers final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(1,C,h,w) f32, behind the turn's step"};
  static constexpr graph::In<Latents> kReference{"reference", "(1,C,h,w) f32: the collage's"};
  static constexpr graph::In<Mask> kLevels{"levels", "(8h,8w) f32 in [0,1] of layer-map: how far to draw anew"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the loop's is taken"};
  static constexpr graph::In<tensors::Generator> kGeneratorIn{"generator", "to draw from"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1,C,h,w) f32"};
  static constexpr graph::Out<tensors::Generator> kGenerator{"generator", "behind what was drawn"};
  static constexpr graph::Prop<std::string> kLevel{
      .name = "hold_level",
      .help =
          "the noise level that cells are brought to: of the turn's timestep, or of the one that the step has "
          "reached, which in the end is none",
      .value = "current",
      .choices = "current|next"};
  static constexpr graph::Prop<bool> kDilate{
      .name = "dilate", .help = "whether what is held reaches beyond itself at first", .value = true};
  static graph::Contract contract() {
    return graph::Contract("hold-layers", "Holds layers to their collage until the steps come to their level.",
                           kLatentsIn, kReference, kLevels, kSchedule, kGeneratorIn, kLatents, kGenerator, kLevel,
                           kDilate)
        .family("layers")
        .bypass(kLatents, kLatentsIn)
        .example(
            "hold: {type: hold-layers, in: {latents: step.latents, reference: encoded.latents, levels: noise.mask, "
            "schedule: schedule.schedule, generator: step.generator}}");
  }

  explicit HoldLayers(const graph::Props& props) : next_(props.get(kLevel) == "next"), dilates_(props.get(kDilate)) {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kLatents, outlook.in(kLatentsIn)); }

  void process(graph::Context& cx) const override {
    const at::Tensor& latents = cx.get(kLatentsIn).tensor;
    const at::Tensor& reference = cx.get(kReference).tensor;
    if (reference.sizes() != latents.sizes())
      throw std::runtime_error("the reference has the shape " + c10::str(reference.sizes()) + ", and the latents " +
                               c10::str(latents.sizes()));
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto turn = static_cast<std::size_t>(cx.turn().index);
    tensors::Generator generator = cx.get(kGeneratorIn);
    const at::Tensor noise = tensors::to_device(generator.randn(latents.sizes()), latents.device());
    const std::size_t level = turn + (next_ ? 1 : 0);
    const at::Tensor held =
        level < schedule.size() ? schedulers::add_noise(schedule, reference, noise, level) : reference;
    const at::Tensor keep = tensors::to_device(cells_at(cx, schedule.timestep(turn), latents), latents.device());
    cx.send(kLatents, Latents{keep * held + (1 - keep) * latents});
    cx.send(kGenerator, std::move(generator));
  }

 private:
  at::Tensor cells_at(const graph::Context& cx, double timestep, const at::Tensor& latents) const {
    const at::Tensor keep = layering::keep_map(to_tensor(cx.get(kLevels)));
    if (keep.size(2) != latents.size(2) || keep.size(3) != latents.size(3))
      throw std::runtime_error("the levels are of " + std::to_string(keep.size(3)) + " x " +
                               std::to_string(keep.size(2)) + " cells, and the latents of " +
                               std::to_string(latents.size(3)) + " x " + std::to_string(latents.size(2)));
    const auto timesteps = static_cast<double>(cx.get(kSchedule).alphas_cumprod().size());
    const std::int64_t reach = dilates_ ? layering::hold_reach(timestep, timesteps) : 0;
    return layering::held_cells(keep, timestep, timesteps, reach);
  }

  const bool next_, dilates_;
};

}  // namespace

void register_hold_layers(graph::Registry& registry) {
  registry.add<HoldLayers>();
}

}  // namespace nodes
