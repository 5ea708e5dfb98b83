// SPDX-License-Identifier: MIT
/// unet-predict: what the denoiser says of latents at a turn, with and without the prompt: the first part of unet-step,
/// for graphs that mix predictions.
///
/// Batches  rows of different items, turns and prompts share a call of the network
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/sampling/denoiser.h"
#include "nodes/sampling/inpainting.h"
#include "nodes/services.h"

namespace nodes {
namespace {

class UnetPredict final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kLatents{"latents", "(B,C,h,w) f32"};
  static constexpr graph::In<Conditioning> kConditioning{"conditioning", "of the model's own text encoders"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the loop's is taken"};
  static constexpr graph::In<std::int64_t> kTimestep{
      "timestep", "of the training, in the place of the turn's; then latents are as noise-latents makes them", true};
  static constexpr graph::Ins<Residuals> kResiduals{"residuals", "what ControlNets add, summed", true};
  static constexpr graph::Out<Predictions> kPredictions{
      "predictions", "two of (B,C,h,w) f32, to be guided; one where the prompt is alone"};
  static constexpr graph::Prop<bool> kPromptAlone{
      .name = "prompt_alone",
      .help = "what is predicted without the prompt is not asked for: for a guidance scale of 1, at half the work",
      .value = false};
  static graph::Contract contract() {
    return graph::Contract("unet-predict", "What the denoiser predicts with and without the prompt.", kLatents,
                           kConditioning, kSchedule, kTimestep, kResiduals, kMasked, kPredictions, kModel, kLora,
                           kInpainting, kPromptAlone)
        .family("sampling")
        .resource("gpu")
        .batch(80)
        .mixed_properties()
        .differentiable()
        .example(
            "predict: {type: unet-predict, model: $model, "
            "in: {latents: state.latents, conditioning: text.conditioning, schedule: schedule.schedule}}");
  }

  UnetPredict(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text, .lora = lora_of(props)},
        inpainting_(props.get(kInpainting)),
        prompt_alone_(props.get(kPromptAlone)) {}

  void open() override {
    takes_masked_ = takes_masked(services_->model(name_)->files(), inpainting_);
    unet_ = services_->unet(name_, takes_masked_ ? kMaskedChannels : 0);
    if (lease(unet_)[unet_].config().time_cond_proj_dim > 0)
      throw std::invalid_argument(
          "this model takes the guidance scale as an embedding, so that there is nothing to guide: use unet-step");
  }

  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    auto bound = std::make_unique<UnetPredict>(props, services_);
    bound->takes_masked_ = takes_masked_;
    bound->unet_ = unet_;
    return bound;
  }

  int rows(const graph::Context& cx) const override { return network_rows(row_of(cx)); }
  std::string batch_key(const graph::Context& cx) const override { return denoiser_key(unet_, row_of(cx)); }

  void process_batch(std::span<graph::Context* const> contexts) const override {
    std::vector<DenoiserRow> rows;
    for (const graph::Context* cx : contexts) {
      rows.push_back(row_of(*cx));
      add_residuals(rows.back(), cx->get(kResiduals));
      rows.back().masked = masked_of(cx->find(kMasked), takes_masked_);
    }
    std::vector<RowPredictions> predictions = predict(leased(*contexts.front(), unet_), rows);
    for (std::size_t i = 0; i < rows.size(); ++i) contexts[i]->send(kPredictions, Predictions{predictions[i]});
  }

 private:
  static DenoiserRow row_of(const graph::Context& cx) {
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto turn = static_cast<std::size_t>(cx.turn().index);
    const Conditioning& conditioning = at_turn(cx.get(kConditioning), turn);
    DenoiserRow row{cx.get(kLatents), schedule, turn, prompt_half(conditioning, schedule, turn)};
    if (const std::int64_t* timestep = cx.find(kTimestep)) row.timestep = static_cast<double>(*timestep);
    // The row's own node: what it asks for may be fed.
    if (!static_cast<const UnetPredict&>(cx.node()).prompt_alone_) row.negative = negative_half(conditioning);
    add_joined_prompts(row, conditioning);
    return row;
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const bool inpainting_, prompt_alone_;
  bool takes_masked_ = false;
  Network<models::UNet> unet_;
};

}  // namespace

void register_unet_predict(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<UnetPredict>(services);
}

}  // namespace nodes
