// SPDX-License-Identifier: MIT
/// text-encode: a prompt and a negative prompt as the denoiser reads them: embeddings of both, for SDXL pooled
/// embeddings and time ids, too.
///
/// Batches  several prompts share a call of each encoder
/// Warns    when a text is longer than the encoder reads (75 tokens), with what was cut; of <lora:…> and embedding:… in
///          a prompt, which are read as text
/// Errors   a text that is not UTF-8, a clip_skip that leaves no layer: refused when the node is opened
/// Source   Radford et al. 2021 (CLIP); Podell et al. 2023, section 2.2 (micro-conditioning)
#include "graph/file_list.h"
#include "graph/registry.h"
#include "models/text/prompt_notices.h"
#include "models/text/prompt_time_ids.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/services.h"
#include "nodes/sides.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class TextEncode final : public graph::Node {
 public:
  static constexpr graph::Out<Conditioning> kConditioning{"conditioning", "(1,77,width) f32 of both prompts, and more"};
  static constexpr graph::Prop<std::string> kPrompt{.name = "prompt", .help = "what to draw"};
  static constexpr graph::Prop<std::string> kPrompt2{
      .name = "prompt_2", .help = "for the second text encoder; empty: prompt", .value = ""};
  static constexpr graph::Prop<std::string> kNegative{
      .name = "negative_prompt", .help = "what not to draw", .value = ""};
  static constexpr graph::Prop<std::string> kNegative2{
      .name = "negative_prompt_2", .help = "for the second text encoder; empty: negative_prompt", .value = ""};
  static constexpr graph::Prop<bool> kForceZeros{
      .name = "force_zeros_for_empty_prompt",
      .help = "an empty negative prompt is zeros, as diffusers takes a missing one, and not the encoded empty text",
      .value = false};
  static constexpr graph::Prop<int> kClipSkip{
      .name = "clip_skip", .help = "last layers to leave out, for the prompt alone", .value = 0, .min = 0, .max = 48};
  static constexpr graph::Prop<graph::Path> kEmbedding{
      .name = "embedding", .help = "a .safetensors file of textual inversion vectors", .value = "", .feedable = false};
  static constexpr graph::Prop<std::string> kTokens{.name = "embedding_tokens",
                                                    .help = "the words that stand for its vectors: <cat>, <dog>",
                                                    .value = "",
                                                    .feedable = false};
  static constexpr graph::Prop<int> kWidth{.name = "width",
                                           .help = "of the picture to draw; 0: as the model is made for",
                                           .value = 1024,
                                           .min = 0,
                                           .max = 65536,
                                           .unit = "px"};
  static constexpr graph::Prop<int> kHeight{.name = "height",
                                            .help = "of the picture to draw; 0: as the model is made for",
                                            .value = 1024,
                                            .min = 0,
                                            .max = 65536,
                                            .unit = "px"};
  static constexpr graph::Prop<int> kOriginalWidth{.name = "original_width",
                                                   .help = "that the picture is to look like it had; 0: width",
                                                   .value = 0,
                                                   .min = 0,
                                                   .max = 65536,
                                                   .unit = "px"};
  static constexpr graph::Prop<int> kOriginalHeight{.name = "original_height",
                                                    .help = "that the picture is to look like it had; 0: height",
                                                    .value = 0,
                                                    .min = 0,
                                                    .max = 65536,
                                                    .unit = "px"};
  static constexpr graph::Prop<int> kCropLeft{.name = "crop_left",
                                              .help = "what the picture is to look like it lost on the left",
                                              .value = 0,
                                              .min = 0,
                                              .max = 65536,
                                              .unit = "px"};
  static constexpr graph::Prop<int> kCropTop{.name = "crop_top",
                                             .help = "what the picture is to look like it lost at the top",
                                             .value = 0,
                                             .min = 0,
                                             .max = 65536,
                                             .unit = "px"};
  static constexpr graph::Prop<double> kScore{
      .name = "aesthetic_score", .help = "for the refiner", .value = 6.0, .min = 0, .max = 10};
  static constexpr graph::Prop<double> kNegativeScore{
      .name = "negative_aesthetic_score", .help = "for the refiner", .value = 2.5, .min = 0, .max = 10};
  static graph::Contract contract() {
    return graph::Contract("text-encode", "Encodes a prompt and a negative prompt.", kConditioning, kPrompt, kPrompt2,
                           kNegative, kNegative2, kForceZeros, kClipSkip, kModel, kLora, kEmbedding, kTokens, kWidth,
                           kHeight, kOriginalWidth, kOriginalHeight, kCropLeft, kCropTop, kScore, kNegativeScore)
        .family("model")
        .resource("gpu")
        .batch(16)
        .mixed_properties()
        .example("text: {type: text-encode, model: $model, prompt: $prompt, negative_prompt: blurry}");
  }

  TextEncode(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text,
              .lora = props.get(kLora),
              .embedding = props.get(kEmbedding).text,
              .embedding_tokens = props.get(kTokens)},
        target_{props.get(kHeight), props.get(kWidth)},
        original_{props.get(kOriginalHeight), props.get(kOriginalWidth)},
        crop_{props.get(kCropTop), props.get(kCropLeft)},
        score_(props.get(kScore)),
        negative_score_(props.get(kNegativeScore)) {
    prompt_.prompt = props.get(kPrompt);
    prompt_.prompt_2 = props.get(kPrompt2);
    if (!props.get(kNegative).empty() || !props.get(kForceZeros)) prompt_.negative_prompt = props.get(kNegative);
    prompt_.negative_prompt_2 = props.get(kNegative2);
    prompt_.clip_skip = props.get(kClipSkip);
  }

  void open() override {
    model_ = services_->model(name_);
    text_ = services_->text(name_);
    finish();
  }

  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    auto bound = std::make_unique<TextEncode>(props, services_);
    bound->model_ = model_;
    bound->text_ = text_;
    bound->finish();
    return bound;
  }

  std::string batch_key(const graph::Context& /*cx*/) const override { return c10::str(text_.resident().get()); }

  void process_batch(std::span<graph::Context* const> contexts) const override {
    std::vector<models::Prompt> prompts;
    for (const graph::Context* cx : contexts) prompts.push_back(of(*cx).prompt_);
    const std::vector<models::EncodedPrompt> encoded = leased(*contexts.front(), text_).encode(prompts);
    for (std::size_t i = 0; i < contexts.size(); ++i) of(*contexts[i]).send(*contexts[i], encoded[i]);
  }

 private:
  /// Checks the texts, and completes the sizes by the model's.
  void finish() {
    target_ = {side_of(target_.height, model_->files()), side_of(target_.width, model_->files())};
    if (original_.height == 0) original_.height = target_.height;
    if (original_.width == 0) original_.width = target_.width;
    lease(text_)[text_].check(prompt_);
  }

  /// The row's own node: its texts and sizes may be swept.
  static const TextEncode& of(const graph::Context& cx) { return static_cast<const TextEncode&>(cx.node()); }

  void send(graph::Context& cx, const models::EncodedPrompt& encoded) const {
    for (const models::PromptTruncation& cut : encoded.truncations) cx.warn(cut.message());
    if (!name_.embedding_tokens.empty() && (name_.embedding.empty() || name_.embedding.ends_with('/')))
      cx.warn("embedding_tokens are given, but no file of vectors (embedding): the words are plain words");
    for (const std::string& notice : models::prompt_notices(prompt_, graph::comma_list(name_.embedding_tokens))) cx.warn(notice);
    const auto f32 = [](const at::Tensor& t) { return t.defined() ? t.to(at::kFloat) : t; };
    Conditioning c{f32(encoded.prompt_embeds),
                   f32(encoded.negative_prompt_embeds),
                   f32(encoded.pooled_prompt_embeds),
                   f32(encoded.negative_pooled_prompt_embeds),
                   {},
                   {}};
    if (model_->files().requires_aesthetics_score()) {
      c.time_ids = models::refiner_time_ids(original_, crop_, score_).to(services_->device());
      c.negative_time_ids = models::refiner_time_ids(original_, crop_, negative_score_).to(services_->device());
    } else if (c.pooled_prompt_embeds.defined()) {
      c.time_ids = models::base_time_ids(original_, crop_, target_).to(services_->device());
      c.negative_time_ids = c.time_ids;
    }
    cx.send(kConditioning, std::move(c));
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  models::Prompt prompt_;
  models::PixelSize target_, original_;
  const models::PixelPlace crop_;
  const double score_, negative_score_;
  std::shared_ptr<const models::Model> model_;
  Network<models::PromptEncoder> text_;
};

}  // namespace

void register_text_encode(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<TextEncode>(services);
}

}  // namespace nodes
