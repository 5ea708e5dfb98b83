// SPDX-License-Identifier: MIT
/// controlnet: what a ControlNet that sees a hint (edges, depths, a pose) adds to the denoiser at a turn, for unet-step
/// and unet-predict, which take several. It is called with the turn's latents, so it stands in the loop beside them.
/// The hint is looked at once for each item.
///
/// Window   turn i of the N that are run counts when i/N ≥ start and (i + 1)/N ≤ end; otherwise, and with a scale of 0,
///          the network is not called and nothing is sent
/// Batches  rows of different items, turns, hints, scales and maps share a call of the network
/// State    the embedded hint, for each item
/// Errors   a ControlNet that does not go with `model`, a union of several, start that is not before end: refused when
///          the node is opened. A hint that is not of the size of the latents' picture, a map that is not of the
///          hint's, either with what is not a number
/// Source   Zhang et al. 2023; diffusers' ControlNetModel and its pipelines, number for number
#include "models/networks/controlnet.h"

#include <algorithm>
#include <stdexcept>

#include "graph/file_list.h"
#include "graph/registry.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/picture_tensors.h"
#include "nodes/sampling/denoiser.h"
#include "nodes/sampling/guidance.h"
#include "nodes/services.h"
#include "tensors/device.h"

namespace nodes {
namespace {

/// A hint and a map as the network takes them, kept with the pictures that they are of.
struct SeenHint {
  cv::Mat image{}, map{};
  at::Tensor embedded{};    ///< (1,width,h,w)
  at::Tensor map_tensor{};  ///< (1,1,H,W) f32, or undefined

  bool is_of(const cv::Mat& hint, const cv::Mat& weights) const {
    return embedded.defined() && image.data == hint.data && map.data == weights.data;
  }
};

std::string size_text(std::int64_t width, std::int64_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

class ControlNetNode final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(8h,8w,3) f32 RGB in [0,1]: the hint"};
  static constexpr graph::In<Latents> kLatents{"latents", "(B,C,h,w) f32"};
  static constexpr graph::In<Conditioning> kConditioning{"conditioning", "of the model's own text encoders"};
  static constexpr graph::In<schedulers::Schedule> kSchedule{"schedule", "N turns, of which the loop's is taken"};
  static constexpr graph::In<Mask> kMap{"map", "(8h,8w) f32 in [0,1]: how much the hint counts at each place", true};
  static constexpr graph::Out<Residuals> kResiduals{"residuals", "what is added on the denoiser's way, f32"};
  static constexpr graph::Prop<graph::Path> kControlNet{
      .name = "controlnet",
      .help =
          "a folder in the diffusers layout, a .safetensors file, a hub id that is in the Hugging Face cache, or "
          "embedded-canny, for the edges of the embedded model's pictures; empty: one of controlnets",
      .value = "",
      .feedable = false};
  static constexpr graph::Prop<std::string> kNets{
      .name = "controlnets",
      .help =
          "several of them, in the place of controlnet, of which number takes one: first, second; a name with a comma "
          "in double quotes",
      .value = "",
      .feedable = false,
      .files = true};
  static constexpr graph::Prop<int> kNumber{
      .name = "number",
      .help = "which of controlnets, from 0; where there are fewer, nothing is sent",
      .value = 0,
      .min = 0};
  static constexpr graph::Prop<graph::Path> kControlled{
      .name = "model",
      .help =
          "whose denoiser takes the residuals: held against the ControlNet before the run, and what a file alone does "
          "not say of itself is taken from it; empty: not said",
      .value = "",
      .feedable = false};
  static constexpr graph::Prop<double> kScale{.name = "conditioning_scale",
                                              .help = "how strongly the hint counts; below 0 away from it",
                                              .value = 1.0,
                                              .min = -1000,
                                              .max = 1000};
  static constexpr graph::Prop<double> kStart{
      .name = "start", .help = "part of the turns after which it begins to count", .value = 0.0, .min = 0, .max = 1};
  static constexpr graph::Prop<double> kEnd{
      .name = "end", .help = "part of the turns after which it counts no more", .value = 1.0, .min = 0, .max = 1};
  static constexpr graph::Prop<bool> kGuessMode{
      .name = "guess_mode",
      .help = "for hints without a prompt: nothing is added without the prompt, and with it less at finer resolutions",
      .value = false};
  static constexpr graph::Prop<std::string> kGuessInput{
      .name = "guess_input",
      .help =
          "what the network sees in guess_mode: latents scaled as the denoiser's, or as Collage Diffusion has it, as "
          "they are",
      .value = "scaled",
      .choices = "scaled|unscaled"};
  static constexpr graph::Prop<bool> kGuessPowers{
      .name = "guess_powers",
      .help = "whether less is added at finer resolutions in guess_mode: a tenth at the finest",
      .value = true};
  static graph::Contract contract() {
    return graph::Contract("controlnet", "What a hint, such as edges, adds to the denoiser at a turn.", kImage,
                           kLatents, kConditioning, kSchedule, kMap, kResiduals, kControlNet, kNets, kNumber,
                           kControlled, kScale, kStart, kEnd, kGuessMode, kGuessInput, kGuessPowers, kGuidanceScale)
        .family("sampling")
        .resource("gpu")
        .batch(32)
        .cache<SeenHint>()
        .mixed_properties()
        .example(
            "control: {type: controlnet, controlnet: $controlnet, model: $model, in: {image: edges.image, "
            "latents: state.latents, conditioning: text.conditioning, schedule: schedule.schedule}}");
  }

  ControlNetNode(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_(name_of(props)),
        model_(props.get(kControlled).text),
        scale_(props.get(kScale)),
        start_(props.get(kStart)),
        end_(props.get(kEnd)),
        guess_(props.get(kGuessMode)),
        unscaled_(props.get(kGuessInput) == "unscaled"),
        powers_(props.get(kGuessPowers)),
        guided_(props.get(kGuidanceScale) > 1) {
    if (start_ >= end_)
      throw std::invalid_argument("start " + c10::str(start_) + " is not before end " + c10::str(end_) +
                                  ": the ControlNet would never count");
  }

  void open() override {
    if (name_.empty()) return;
    network_ = services_->controlnet(name_, model_);
    const auto leases = lease(network_);
    pools_ = leases[network_].config().global_pool_conditions;
    factor_ = leases[network_].config().factor();
  }
  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    auto bound = std::make_unique<ControlNetNode>(props, services_);
    bound->network_ = network_;
    bound->pools_ = pools_;
    bound->factor_ = factor_;
    return bound;
  }

  int rows(const graph::Context& cx) const override {
    const ControlNetNode& node = of(cx);
    if (!node.counts(cx)) return 1;
    return static_cast<int>(cx.get(kLatents).tensor.size(0)) * (node.both_halves() ? 2 : 1);
  }
  std::string batch_key(const graph::Context& cx) const override {
    if (!of(cx).counts(cx)) return "none";
    const Conditioning& conditioning = conditioning_of(cx);
    return c10::str(network_.resident().get(), cx.get(kLatents).tensor.sizes(), conditioning.prompt_embeds.sizes(),
                    conditioning.negative_prompt_embeds.sizes());
  }

  void process_batch(std::span<graph::Context* const> contexts) const override {
    if (!of(*contexts.front()).counts(*contexts.front())) return;
    const models::ControlNet& network = leased(*contexts.front(), network_);
    std::vector<models::ControlNetRow> rows;
    std::vector<SeenHint> hints;
    for (graph::Context* cx : contexts) {
      hints.push_back(of(*cx).seen(*cx, network));
      of(*cx).add_rows(*cx, hints.back(), rows);
    }
    const auto tokens = [](const models::ControlNetRow& row) {
      return row.row.conditioning.encoder_hidden_states.size(1);
    };
    const std::vector<models::UNetResiduals> out = in_calls(network, rows, tokens);
    auto next = out.begin();
    for (std::size_t i = 0; i < contexts.size(); ++i) {
      const ControlNetNode& node = of(*contexts[i]);
      const models::ResidualWeights weights{node.scale_, node.guesses() && node.powers_, hints[i].map_tensor};
      const auto taken = [&] { return models::weighed(*next++, weights, pools_); };
      Residuals residuals{.prompt = {}, .negative = {}, .guess = node.guesses()};
      if (node.both_halves()) residuals.negative = taken();
      residuals.prompt = taken();
      contexts[i]->send(kResiduals, std::move(residuals));
    }
    for (std::size_t i = 0; i < contexts.size(); ++i) contexts[i]->slot<SeenHint>() = std::move(hints[i]);
  }

 private:
  /// The row's own node: its scale and window may be swept.
  static const ControlNetNode& of(const graph::Context& cx) { return static_cast<const ControlNetNode&>(cx.node()); }

  /// Empty: it is one of controlnets that is not there.
  static std::string name_of(const graph::Props& props) {
    const std::string one = props.get(kControlNet).text;
    const std::vector<std::string> several = props.get(kNets, graph::comma_list);
    if (!one.empty() && !several.empty())
      throw graph::PropertyError(kNets.name, "is in the place of controlnet: give one of them");
    if (one.empty() && several.empty()) throw graph::PropertyError(kControlNet.name, "is empty: give a ControlNet");
    if (!one.empty()) return one;
    const auto number = static_cast<std::size_t>(props.get(kNumber));
    return number < several.size() ? several[number] : "";
  }

  static const Conditioning& conditioning_of(const graph::Context& cx) {
    return at_turn(cx.get(kConditioning), static_cast<std::size_t>(cx.turn().index));
  }
  bool counts(const graph::Context& cx) const {
    const auto turns = static_cast<double>(cx.get(kSchedule).size());
    const double turn = cx.turn().index;
    return !name_.empty() && scale_ != 0 && !(turn / turns < start_ || (turn + 1) / turns > end_);
  }
  /// Networks that pool are for guess mode alone, as diffusers' pipelines have it.
  bool guesses() const { return guess_ || pools_; }
  bool both_halves() const { return guided_ && !guesses(); }

  void add_rows(const graph::Context& cx, const SeenHint& hint, std::vector<models::ControlNetRow>& rows) const {
    const schedulers::Schedule& schedule = cx.get(kSchedule);
    const auto turn = static_cast<std::size_t>(cx.turn().index);
    const at::Tensor& latents = cx.get(kLatents).tensor;
    const at::Tensor sample = guesses() && unscaled_ ? latents : schedulers::scale_model_input(schedule, turn, latents);
    const double timestep = schedule.timestep(turn);
    const Conditioning& conditioning = conditioning_of(cx);
    if (both_halves()) rows.push_back({{sample, timestep, negative_half(conditioning)}, hint.embedded});
    rows.push_back({{sample, timestep, prompt_half(conditioning)}, hint.embedded});
  }

  /// The hint as the network takes it: that of the turn before where it is of the same picture.
  SeenHint seen(graph::Context& cx, const models::ControlNet& network) const {
    const cv::Mat image = cx.get(kImage).pixels;
    const Mask* const map = cx.find(kMap);
    const cv::Mat weights = map == nullptr ? cv::Mat() : map->weights;
    if (const SeenHint& before = cx.slot<SeenHint>(); before.is_of(image, weights)) {
      tensors::keep_for_stream(before.embedded);
      if (before.map_tensor.defined()) tensors::keep_for_stream(before.map_tensor);
      return before;
    }
    check_hint(cx, image, weights);
    const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
    SeenHint hint{image, weights, {}, {}};
    hint.embedded = network.embedded(to_tensor(Image{image}).to(services_->device(), network.dtype()));
    if (map != nullptr) hint.map_tensor = to_tensor(*map).to(services_->device());
    return hint;
  }

  void check_hint(const graph::Context& cx, const cv::Mat& image, const cv::Mat& map) const {
    const at::Tensor& latents = cx.get(kLatents).tensor;
    const std::int64_t width = factor_ * latents.size(3), height = factor_ * latents.size(2);
    if (image.cols != width || image.rows != height)
      throw std::runtime_error("the hint has " + size_text(image.cols, image.rows) + " px, and latents of " +
                               size_text(latents.size(3), latents.size(2)) + " cells are of a picture of " +
                               size_text(width, height) + " px: bring it to that size (resize, filter: lanczos-8bit)");
    if (!map.empty() && map.size() != image.size())
      throw std::runtime_error("the map has " + size_text(map.cols, map.rows) + " px, and the hint " +
                               size_text(image.cols, image.rows) + " px: bring it to that size (shape-mask)");
    if (!cv::checkRange(image)) throw std::runtime_error("the hint holds what is not a number (NaN or infinite)");
    if (!map.empty() && !cv::checkRange(map))
      throw std::runtime_error("the map holds what is not a number (NaN or infinite)");
  }

  const std::shared_ptr<Services> services_;
  const std::string name_, model_;
  const double scale_, start_, end_;
  const bool guess_, unscaled_, powers_, guided_;
  bool pools_ = false;
  std::int64_t factor_ = 8;
  Network<models::ControlNet> network_;
};

}  // namespace

void register_controlnet(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<ControlNetNode>(services);
}

}  // namespace nodes
