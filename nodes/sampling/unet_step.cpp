// SPDX-License-Identifier: MIT
/// unet-step: one denoising step inside a loop over a schedule: scale the input, predict, guide, scheduler step.
///
/// Batches  rows of different items, turns, prompts and guidance scales share a call of the network
/// State    what multistep schedulers remember of the turns before, for each item
/// Warns    of a negative prompt that is not read, where the model takes the guidance scale as an embedding
/// Errors   a scheduler that draws without a generator; latents that are not numbers after the step; pag_layers that
/// the
///          network has not: refused when the node is opened
/// Source   Ho and Salimans 2022 (guidance); Ahn et al. 2024 (perturbed attention: + pag_scale · (prompt − perturbed));
///          the scheduler's own paper
#include <algorithm>
#include <sstream>
#include <stdexcept>

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
  static constexpr graph::Prop<double> kPagScale{
      .name = "pag_scale",
      .help = "perturbed-attention guidance: how far from what is drawn without self-attention; 0: none; 3 is usual",
      .value = 0,
      .min = 0,
      .max = 1000};
  static constexpr graph::Prop<double> kPagAdaptive{
      .name = "pag_adaptive_scale",
      .help =
          "how much less of pag_scale for each of 1000 timesteps that is behind: max(0, pag_scale - it · (1000 - t))",
      .value = 0,
      .min = 0,
      .max = 1000};
  static constexpr graph::Prop<std::string> kPagLayers{
      .name = "pag_layers",
      .help = "whose self-attention is perturbed, by diffusers' names: mid_block, down_blocks.2.attentions.1, ...",
      .value = "mid_block"};
  static graph::Contract contract() {
    return graph::Contract("unet-step", "One denoising step: predict, guide, and go to the next noise level.",
                           kLatentsIn, kConditioning, kSchedule, kResiduals, kMasked, kGeneratorIn, kLatents,
                           kGenerator, kModel, kLora, kGuidanceScale, kGuidanceRescale, kPagScale, kPagAdaptive,
                           kPagLayers, kInpainting)
        .family("sampling")
        .resource("gpu")
        .batch(32)
        .slot<schedulers::State>()
        .mixed_properties()
        .example(
            "step: {type: unet-step, model: $model, guidance_scale: 6.5, "
            "in: {latents: state.latents, conditioning: text.conditioning, schedule: schedule.schedule}}");
  }

  UnetStep(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text, .lora = lora_of(props)},
        inpainting_(props.get(kInpainting)),
        guidance_{props.get(kGuidanceScale), props.get(kGuidanceRescale)},
        pag_scale_(props.get(kPagScale)),
        pag_adaptive_scale_(props.get(kPagAdaptive)),
        pag_layers_(layers_of(props.get(kPagLayers))) {}

  void open() override {
    takes_masked_ = takes_masked(services_->model(name_)->files(), inpainting_);
    unet_ = services_->unet(name_, takes_masked_ ? kMaskedChannels : 0);
    finish();
  }
  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    auto bound = std::make_unique<UnetStep>(props, services_);
    bound->takes_masked_ = takes_masked_;
    bound->unet_ = unet_;
    bound->finish();
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
    const std::vector<RowPredictions> predictions = predict(leased(*contexts.front(), unet_), rows);
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
  static std::shared_ptr<const std::vector<std::string>> layers_of(const std::string& list) {
    std::vector<std::string> layers;
    std::istringstream text(list);
    for (std::string layer; std::getline(text, layer, ',');) {
      const std::size_t begin = layer.find_first_not_of(' ');
      if (begin != std::string::npos) layers.push_back(layer.substr(begin, layer.find_last_not_of(' ') + 1 - begin));
    }
    return std::make_shared<const std::vector<std::string>>(std::move(layers));
  }

  /// What the network says of the properties.
  void finish() {
    const Leases leases = lease(unet_);
    takes_guidance_ = leases[unet_].config().time_cond_proj_dim > 0;
    if (pag_scale_ == 0) return;
    if (pag_layers_->empty()) throw std::invalid_argument("pag_layers: name at least one, such as mid_block");
    try {
      leases[unet_].check_layers(*pag_layers_);
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(std::string("pag_layers: ") + e.what());
    }
  }

  /// The row's own node: its guidance may be swept.
  static const UnetStep& of(const graph::Context& cx) { return static_cast<const UnetStep&>(cx.node()); }

  static DenoiserRow row_of(const graph::Context& cx) {
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto turn = static_cast<std::size_t>(cx.turn().index);
    const Conditioning& conditioning = at_turn(cx.get(kConditioning), turn);
    DenoiserRow row{cx.get(kLatentsIn), schedule, turn, prompt_half(conditioning, schedule, turn)};
    const UnetStep& own = of(cx);
    add_joined_prompts(row, conditioning);
    if (own.takes_guidance_) row.prompt.guidance_scale = own.guidance_.scale;
    else if (own.guidance_.scale > 1) row.negative = negative_half(conditioning);
    if (own.pag_at(row) > 0) row.perturbed = own.pag_layers_;
    return row;
  }

  /// The turn's own scale.
  double pag_at(const DenoiserRow& row) const {
    constexpr double kTrained = 1000;  // whatever the model's: as diffusers has it
    return std::max(0.0, pag_scale_ - pag_adaptive_scale_ * (kTrained - row.schedule.timestep(row.turn)));
  }

  static Stepped step(graph::Context& cx, const DenoiserRow& row, const RowPredictions& predictions) {
    const UnetStep& own = of(cx);
    if (own.takes_guidance_ && row.turn == 0 && cx.get(kConditioning).has_negative_prompt)
      cx.warn(
          "the negative prompt is not read: this model takes the guidance scale as an embedding, without a second "
          "prediction");
    const Guidance guidance{own.takes_guidance_ ? 1 : own.guidance_.scale, own.guidance_.rescale};
    const at::Tensor prediction =
        guided(predictions.prompt, predictions.negative, guidance, {predictions.perturbed, own.pag_at(row)});
    return take_step({row.schedule, row.turn, row.latents.tensor, cx.slot<schedulers::State>(), cx.find(kGeneratorIn)},
                     prediction);
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const bool inpainting_;
  bool takes_masked_ = false;
  const Guidance guidance_;
  const double pag_scale_, pag_adaptive_scale_;
  const std::shared_ptr<const std::vector<std::string>> pag_layers_;
  bool takes_guidance_ = false;  ///< as an embedding
  Network<models::UNet> unet_;
};

}  // namespace

void register_unet_step(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<UnetStep>(services);
}

}  // namespace nodes
