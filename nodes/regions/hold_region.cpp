// SPDX-License-Identifier: MIT
/// hold-region: after each step, boxes of latents are those of pictures again, at a noise level, until a region's
/// strength lets go of it: while the turn's timestep is greater than t*, that of step k* of n,
/// k* = min(n − i, n − 1), i = ⌊n (1 − strength)⌋. In the order of the regions.
///
/// Notes    the noise level is that of the turn's own timestep, as in the original, though the latents have just come
///          to the next one: override_level
/// Errors   another number of reference latents than of regions, or of another size
/// Source   Barbero Jiménez 2023 (Mixture of Diffusers), canvas mode
#include <stdexcept>

#include "methods/tiling/mix.h"
#include "methods/tiling/strength.h"
#include "nodes/regions/region_settings.h"
#include "schedulers/solver.h"

namespace nodes {
namespace {

class HoldRegion final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(1,C,H,W) f32, behind the turn's step"};
  static constexpr graph::In<graph::List<Region>> kRegions{"regions", "N with pictures"};
  static constexpr graph::In<graph::List<Latents>> kReferences{"references", "N of (1,C,h,w) f32: the pictures'"};
  static constexpr graph::In<Latents> kNoise{"noise", "(1,C,H,W) f32, standard normal: the same at every turn"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the loop's is taken"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(1,C,H,W) f32"};
  static constexpr graph::Prop<std::string> kLevel{
      .name = "override_level",
      .help =
          "the noise level that a box is brought to: of the turn's timestep, or of the one that the step has "
          "reached, which in the end is none",
      .value = "current",
      .choices = "current|next"};
  static constexpr graph::Prop<std::string> kZeroStrength{
      .name = "zero_strength",
      .help =
          "what strength 0 holds: nothing; as the original does, the first step where the scheduler's "
          "steps_offset is 1",
      .value = "nothing",
      .choices = "nothing|offset"};
  static graph::Contract contract() {
    return graph::Contract("hold-region", "Holds regions to their pictures while a canvas is denoised.", kLatentsIn,
                           kRegions, kReferences, kNoise, kSchedule, kLatents, kLevel, kZeroStrength)
        .family("regions")
        .bypass(kLatents, kLatentsIn)
        .example(
            "hold: {type: hold-region, in: {latents: step.latents, regions: canvas.images, references: "
            "pictures.latents, noise: rolled.latents, schedule: schedule.schedule}}");
  }

  explicit HoldRegion(const graph::Props& props)
      : next_(props.get(kLevel) == "next"), counts_offset_(props.get(kZeroStrength) == "offset") {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kLatents, outlook.in(kLatentsIn)); }

  void process(graph::Context& cx) const override {
    const graph::List<Region> regions = cx.get(kRegions);
    const graph::List<Latents> references = cx.get(kReferences);
    if (references.size() != regions.size())
      throw std::runtime_error(std::to_string(references.size()) + " reference latents for " +
                               std::to_string(regions.size()) + " regions");
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    at::Tensor latents = cx.get(kLatentsIn).tensor;
    bool is_own = false;
    for (std::size_t i = 0; i < regions.size(); ++i) {
      const tiling::Region& region = *regions[i].region;
      if (!references.has(i) || !holds(region, schedule, static_cast<std::size_t>(cx.turn().index))) continue;
      if (!is_own) latents = latents.clone();
      is_own = true;
      hold(cx, region, references[i].tensor, latents);
    }
    cx.send(kLatents, Latents{latents});
  }

 private:
  bool holds(const tiling::Region& region, const schedulers::Schedule& schedule, std::size_t turn) const {
    const std::int64_t offset = counts_offset_ ? schedule.steps_offset() : 0;
    const std::int64_t step = tiling::last_held_step(schedule.steps(), region.strength, offset);
    const std::size_t star = schedule.solver().index_of_step(static_cast<std::size_t>(step));
    return schedule.timestep(turn) > schedule.solver().timesteps().at(star);
  }

  void hold(const graph::Context& cx, const tiling::Region& region, const at::Tensor& reference,
            at::Tensor& latents) const {
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto level = static_cast<std::size_t>(cx.turn().index) + (next_ ? 1 : 0);
    const at::Tensor& noise = cx.get(kNoise).tensor;
    tiling::check_within(region, latents.size(2), latents.size(3));
    tiling::check_within(region, noise.size(2), noise.size(3));
    at::Tensor box = tiling::cells(latents, region.box);
    if (reference.sizes() != box.sizes())
      throw std::runtime_error("the reference latents of " + region.name + " have the shape " +
                               c10::str(reference.sizes()) + ", and its box " + c10::str(box.sizes()));
    const at::Tensor drawn = tiling::cells(noise, region.box);
    box.copy_(level < schedule.size() ? schedulers::add_noise(schedule, reference, drawn, level) : reference);
  }

  const bool next_, counts_offset_;
};

}  // namespace

void register_hold_region(graph::Registry& registry) {
  registry.add<HoldRegion>();
}

}  // namespace nodes
