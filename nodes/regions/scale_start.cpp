// SPDX-License-Identifier: MIT
/// scale-start: standard normal noise as the first turn of a schedule expects it.
///
/// Source   diffusers' pipelines: init_noise_sigma; Barbero Jiménez 2023 (Mixture of Diffusers) in its grid mode
#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class ScaleStart final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(B,C,h,w) f32, standard normal"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns"};
  static constexpr graph::Out<Latents> kLatents{"latents", "(B,C,h,w) f32"};
  static constexpr graph::Prop<std::string> kScale{
      .name = "start_scale",
      .help =
          "init_noise_sigma: by the scheduler's own initial sigma; lms_sigma: as the original does, by the first "
          "sigma for lms and by nothing for the others",
      .value = "init_noise_sigma",
      .choices = "init_noise_sigma|lms_sigma"};
  static graph::Contract contract() {
    return graph::Contract("scale-start", "Scales noise for the first turn of a schedule.", kLatentsIn, kSchedule,
                           kLatents, kScale)
        .family("regions")
        .example("start: {type: scale-start, in: {latents: rolled.latents, schedule: schedule.schedule}}");
  }

  explicit ScaleStart(const graph::Props& props) : as_original_(props.get(kScale) == "lms_sigma") {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kLatents, outlook.in(kLatentsIn)); }

  void process(graph::Context& cx) const override {
    const Latents& latents = cx.get(kLatentsIn);
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    if (!as_original_) return cx.send(kLatents, Latents{latents.tensor * schedule.init_noise_sigma()});
    if (schedule.scheduler() != "lms") return cx.send(kLatents, Latents(latents));
    cx.send(kLatents, Latents{latents.tensor * schedule.sigma(0)});
  }

 private:
  const bool as_original_;
};

}  // namespace

void register_scale_start(graph::Registry& registry) {
  registry.add<ScaleStart>();
}

}  // namespace nodes
