// SPDX-License-Identifier: MIT
/// unet-step: one denoising step inside a loop over a schedule: scale the input, predict, guide, scheduler step.
///
/// Batches  rows of different items, turns, prompts and guidance scales share a call of the network
/// State    what multistep schedulers remember of the turns before, for each item
/// Errors   a scheduler that draws without a generator; latents that are not numbers after the step
/// Source   Ho and Salimans 2022 (guidance); the scheduler's own paper
#include "graph/registry.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/sampling/denoiser.h"
#include "nodes/sampling/guidance.h"
#include "nodes/sampling/inpainting.h"
#include "nodes/sampling/take_step.h"
#include "nodes/services.h"

namespace nodes {
namespace {

class UnetStep final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatentsIn{"latents", "(B,C,h,w) f32"};
  static constexpr graph::In<Conditioning> kConditioning{"conditioning", "of the model's own text encoders"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the loop's is taken"};
  static constexpr graph::Ins<Residuals> kResiduals{"residuals", "what ControlNets add, summed", true};
  static constexpr graph::In<tensors::Generator> kGeneratorIn{"generator", "for schedulers that draw noise", true};
  static constexpr graph::Out<Latents> kLatents{"latents", "(B,C,h,w) f32, one turn on"};
  static constexpr graph::Out<tensors::Generator> kGenerator{"generator", "advanced where it was drawn from"};
  static graph::Contract contract() {
    return graph::Contract("unet-step", "One denoising step: predict, guide, and go to the next noise level.",
                           kLatentsIn, kConditioning, kSchedule, kResiduals, kMasked, kGeneratorIn, kLatents,
                           kGenerator, kModel, kLora, kGuidanceScale, kGuidanceRescale, kInpainting)
        .family("sampling")
        .resource("gpu")
        .batch(32)
        .mixed_properties()
        .example(
            "step: {type: unet-step, model: $model, guidance_scale: 6.5, "
            "in: {latents: state.latents, conditioning: text.conditioning, schedule: schedule.schedule}}");
  }

  UnetStep(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text, .lora = props.get(kLora)},
        inpainting_(props.get(kInpainting)),
        guidance_{props.get(kGuidanceScale), props.get(kGuidanceRescale)} {}

  void open() override {
    takes_masked_ = takes_masked(services_->model(name_)->files(), inpainting_);
    unet_ = services_->unet(name_);
  }
  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    auto bound = std::make_unique<UnetStep>(props, services_);
    bound->takes_masked_ = takes_masked_;
    bound->unet_ = unet_;
    return bound;
  }

  void foresee(graph::Outlook& outlook) const override { outlook.out(kLatents, outlook.in(kLatentsIn)); }

  int rows(const graph::Context& cx) const override { return network_rows(row_of(cx)); }
  std::string batch_key(const graph::Context& cx) const override { return denoiser_key(unet_, row_of(cx)); }

  void process_batch(std::span<graph::Context* const> contexts) const override {
    std::vector<DenoiserRow> rows;
    for (const graph::Context* cx : contexts) {
      rows.push_back(row_of(*cx));
      add_residuals(rows.back(), cx->get(kResiduals));
      rows.back().masked = masked_of(cx->find(kMasked), takes_masked_);
    }
    const std::vector<Predictions> predictions = predict(leased(*contexts.front(), unet_), rows);
    std::vector<Stepped> results;
    for (std::size_t i = 0; i < rows.size(); ++i) results.push_back(step(*contexts[i], rows[i], predictions[i]));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      contexts[i]->slot<schedulers::State>() = std::move(results[i].state);
      contexts[i]->send(kLatents, Latents{results[i].latents});
      contexts[i]->when_done(std::move(results[i].check));
      if (results[i].generator) contexts[i]->send(kGenerator, std::move(*results[i].generator));
    }
  }

 private:
  /// The row's own node: its guidance may be swept.
  static const UnetStep& of(const graph::Context& cx) { return static_cast<const UnetStep&>(cx.node()); }

  static DenoiserRow row_of(const graph::Context& cx) {
    const Conditioning& conditioning = cx.get(kConditioning);
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto turn = static_cast<std::size_t>(cx.turn().index);
    DenoiserRow row{cx.get(kLatentsIn), schedule, turn, prompt_half(conditioning, schedule, turn)};
    if (of(cx).guidance_.scale > 1) row.negative = negative_half(conditioning);
    return row;
  }

  static Stepped step(graph::Context& cx, const DenoiserRow& row, const Predictions& predictions) {
    const at::Tensor prediction = guided(predictions.prompt, predictions.negative, of(cx).guidance_);
    return take_step({row.schedule, row.turn, row.latents.tensor, cx.slot<schedulers::State>(), cx.find(kGeneratorIn)},
                     prediction);
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const bool inpainting_;
  bool takes_masked_ = false;
  const Guidance guidance_;
  Network<models::UNet> unet_;
};

}  // namespace

void register_unet_step(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<UnetStep>(services);
}

}  // namespace nodes
