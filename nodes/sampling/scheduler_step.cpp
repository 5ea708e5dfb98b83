// SPDX-License-Identifier: MIT
/// scheduler-step: takes latents to the next noise level by a prediction. The last of unet-step's three parts, for
/// graphs that mix predictions: unet-predict, guide, scheduler-step.
///
/// State    what multistep schedulers remember of the turns before, for each item
/// Errors   a scheduler that draws without a generator; latents that are not numbers after the step
/// Source   the scheduler's own paper: schedulers/
#include "graph/registry.h"
#include "nodes/sampling/take_step.h"

namespace nodes {
namespace {

class SchedulerStep final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(B,C,h,w) f32"};
  static constexpr graph::In<Prediction> kPrediction{"prediction", "(B,C,h,w) f32, made for these latents"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the loop's is taken"};
  static constexpr graph::In<tensors::Generator> kGeneratorIn{"generator", "for schedulers that draw noise", true};
  static constexpr graph::Out<Latents> kLatents{"latents", "(B,C,h,w) f32, one turn on"};
  static constexpr graph::Out<tensors::Generator> kGenerator{"generator", "advanced where it was drawn from"};
  static graph::Contract contract() {
    return graph::Contract("scheduler-step", "Takes latents to the next noise level by a prediction.", kLatentsIn,
                           kPrediction, kSchedule, kGeneratorIn, kLatents, kGenerator)
        .family("sampling")
        .slot<schedulers::State>()
        .example(
            "step: {type: scheduler-step, in: {latents: state.latents, prediction: guided.prediction, "
            "schedule: schedule.schedule}}");
  }

  explicit SchedulerStep(const graph::Props& /*props*/) {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kLatents, outlook.in(kLatentsIn)); }

  void process(graph::Context& cx) const override {
    schedulers::State& state = cx.slot<schedulers::State>();
    Stepped stepped = take_step({.schedule = cx.get(kSchedule),
                                 .turn = static_cast<std::size_t>(cx.turn().index),
                                 .latents = cx.get(kLatentsIn).tensor,
                                 .state = state,
                                 .generator = cx.find(kGeneratorIn)},
                                cx.get(kPrediction).tensor);
    state = std::move(stepped.state);
    cx.when_done(std::move(stepped.check));
    cx.send(kLatents, Latents{stepped.latents});
    if (stepped.generator) cx.send(kGenerator, std::move(*stepped.generator));
  }
};

}  // namespace

void register_scheduler_step(graph::Registry& registry) {
  registry.add<SchedulerStep>();
}

}  // namespace nodes
