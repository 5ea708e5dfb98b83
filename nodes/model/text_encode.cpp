// SPDX-License-Identifier: MIT
/// text-encode: a prompt and a negative prompt as the denoiser reads them: embeddings of both, for SDXL pooled
/// embeddings and time ids, too.
///
/// Batches  several prompts share a call of each encoder
/// Warns    when a plain text is longer than the encoder reads (75 tokens), with what was cut; of another convention's
///          syntax, of brackets that do not go in pairs, and of <lora:…> and embedding:… in a prompt, which are read as
///          text
/// Errors   a text that is not UTF-8 or that its convention refuses, a clip_skip that leaves no layer: refused when the
///          node is made or opened
/// Source   Radford et al. 2021 (CLIP); Podell et al. 2023, section 2.2 (micro-conditioning); AUTOMATIC1111's webui,
///          ComfyUI and compel, number for number: models/text/
#include <algorithm>
#include <stdexcept>

#include "graph/file_list.h"
#include "graph/registry.h"
#include "models/text/prompt_notices.h"
#include "models/text/prompt_time_ids.h"
#include "models/text/prompt_turns.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/services.h"
#include "nodes/sides.h"
#include "nodes/values.h"

namespace nodes {
namespace {

models::Emphasis emphasis_named(const std::string& name) {
  if (name == "no_norm") return models::Emphasis::kNoNorm;
  if (name == "ignore") return models::Emphasis::kIgnore;
  return name == "none" ? models::Emphasis::kNone : models::Emphasis::kOriginal;
}

models::UnequalLengths unequal_named(const std::string& name) {
  if (name == "separate") return models::UnequalLengths::kSeparate;
  if (name == "fill") return models::UnequalLengths::kFill;
  return name == "repeat" ? models::UnequalLengths::kRepeat : models::UnequalLengths::kAuto;
}

class TextEncode final : public graph::Node {
 public:
  static constexpr graph::In<schedulers::Schedule> kSchedule{
      "schedule", "N turns: for prompts that change by turns (webui's [from:to:when])", true};
  static constexpr graph::In<graph::List<Token>> kLearned{
      "tokens", "learned words beside those of embedding, each of its own name", true};
  static constexpr graph::Out<Conditioning> kConditioning{"conditioning",
                                                          "(1,77·chunks,width) f32 of both prompts, and more"};
  static constexpr graph::Prop<std::string> kPrompt{.name = "prompt", .help = "what to draw"};
  static constexpr graph::Prop<std::string> kPrompt2{
      .name = "prompt_2", .help = "for the second text encoder; empty: prompt", .value = ""};
  static constexpr graph::Prop<std::string> kNegative{
      .name = "negative_prompt", .help = "what not to draw", .value = ""};
  static constexpr graph::Prop<std::string> kNegative2{
      .name = "negative_prompt_2", .help = "for the second text encoder; empty: negative_prompt", .value = ""};
  static constexpr graph::Prop<std::string> kSyntax{
      .name = "prompt_syntax",
      .help =
          "how prompts are read; plain: as text, of which one chunk of 75 tokens is read; webui, comfyui and compel "
          "weight words as these programs do, (cat:1.3) or cat++, and read any length",
      .value = "plain",
      .choices = "plain|webui|comfyui|compel"};
  static constexpr graph::Prop<std::string> kEmphasis{
      .name = "emphasis",
      .help =
          "webui: what weights do; original: embeddings keep their mean; no_norm: they do not; ignore: nothing; none: "
          "brackets are text",
      .value = "original",
      .choices = "original|no_norm|ignore|none"};
  static constexpr graph::Prop<int> kBacktrack{
      .name = "comma_padding_backtrack",
      .help = "webui: how many tokens a full chunk gives to the next, from its last comma on; 0: none",
      .value = 20,
      .min = 0,
      .max = 75};
  static constexpr graph::Prop<std::string> kUnequal{
      .name = "unequal_prompts",
      .help =
          "where one prompt has more chunks; separate: each in a call of its own; fill: with chunks of the empty text; "
          "repeat: to a common multiple of at most four times; auto: as prompt_syntax has it, webui separate, comfyui "
          "repeat, compel fill",
      .value = "auto",
      .choices = "auto|separate|fill|repeat"};
  static constexpr graph::Prop<bool> kFaults{
      .name = "prompt_faults",
      .help =
          "as the programs read them: webui BREAK in brackets as a word, compel's pooled vector of the text with its "
          "syntax",
      .value = false};
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
  static constexpr graph::Prop<int> kNegativeWidth{.name = "negative_width",
                                                   .help = "for the negative prompt; 0: width",
                                                   .value = 0,
                                                   .min = 0,
                                                   .max = 65536,
                                                   .unit = "px"};
  static constexpr graph::Prop<int> kNegativeHeight{.name = "negative_height",
                                                    .help = "for the negative prompt; 0: height",
                                                    .value = 0,
                                                    .min = 0,
                                                    .max = 65536,
                                                    .unit = "px"};
  static constexpr graph::Prop<int> kNegativeOriginalWidth{.name = "negative_original_width",
                                                           .help = "for the negative prompt; 0: original_width",
                                                           .value = 0,
                                                           .min = 0,
                                                           .max = 65536,
                                                           .unit = "px"};
  static constexpr graph::Prop<int> kNegativeOriginalHeight{.name = "negative_original_height",
                                                            .help = "for the negative prompt; 0: original_height",
                                                            .value = 0,
                                                            .min = 0,
                                                            .max = 65536,
                                                            .unit = "px"};
  static constexpr graph::Prop<double> kScore{
      .name = "aesthetic_score", .help = "for the refiner", .value = 6.0, .min = 0, .max = 10};
  static constexpr graph::Prop<double> kNegativeScore{
      .name = "negative_aesthetic_score", .help = "for the refiner", .value = 2.5, .min = 0, .max = 10};
  static graph::Contract contract() {
    return graph::Contract("text-encode", "Encodes a prompt and a negative prompt.", kSchedule, kLearned, kConditioning,
                           kPrompt, kPrompt2, kNegative, kNegative2, kSyntax, kEmphasis, kBacktrack, kUnequal, kFaults,
                           kForceZeros, kClipSkip, kModel, kLora, kEmbedding, kTokens, kWidth, kHeight, kOriginalWidth,
                           kOriginalHeight, kCropLeft, kCropTop, kNegativeWidth, kNegativeHeight,
                           kNegativeOriginalWidth, kNegativeOriginalHeight, kScore, kNegativeScore)
        .family("model")
        .resource("gpu")
        .batch(16)
        .mixed_properties()
        .example("text: {type: text-encode, model: $model, prompt: $prompt, negative_prompt: blurry}");
  }

  TextEncode(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text,
              .lora = lora_of(props),
              .embedding = props.get(kEmbedding).text,
              .embedding_tokens = props.get(kTokens)},
        target_{props.get(kHeight), props.get(kWidth)},
        original_{props.get(kOriginalHeight), props.get(kOriginalWidth)},
        negative_target_{props.get(kNegativeHeight), props.get(kNegativeWidth)},
        negative_original_{props.get(kNegativeOriginalHeight), props.get(kNegativeOriginalWidth)},
        crop_{props.get(kCropTop), props.get(kCropLeft)},
        score_(props.get(kScore)),
        negative_score_(props.get(kNegativeScore)) {
    prompt_.prompt = props.get(kPrompt);
    prompt_.prompt_2 = props.get(kPrompt2);
    if (!props.get(kNegative).empty() || !props.get(kForceZeros)) prompt_.negative_prompt = props.get(kNegative);
    prompt_.negative_prompt_2 = props.get(kNegative2);
    prompt_.clip_skip = props.get(kClipSkip);
    prompt_.rules = {.syntax = models::prompt_syntax_named(props.get(kSyntax)),
                     .emphasis = emphasis_named(props.get(kEmphasis)),
                     .comma_padding_backtrack = props.get(kBacktrack),
                     .is_original = props.get(kFaults)};
    prompt_.unequal = unequal_named(props.get(kUnequal));
    check_rules();
    for (const auto* text : {&kPrompt, &kPrompt2, &kNegative, &kNegative2}) {
      props.get(*text, [&](const std::string& words) {
        models::check_grammar(words, prompt_.rules);
        return true;
      });
    }
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

  std::string batch_key(const graph::Context& cx) const override {
    std::string key = c10::str(text_.resident().get());
    for (const models::TextualInversion& one : learned_of(cx))
      key += c10::str(" ", one.token, " ", one.clip_l.defined() ? one.clip_l.data_ptr() : nullptr, " ",
                      one.clip_g.defined() ? one.clip_g.data_ptr() : nullptr);
    return key;
  }

  void process_batch(std::span<graph::Context* const> contexts) const override {
    std::vector<Texts> texts;
    std::vector<models::Prompt> prompts;
    for (const graph::Context* cx : contexts) texts.push_back(of(*cx).texts_of(*cx, prompts));
    const models::PromptEncoder& encoder = leased(*contexts.front(), text_);
    const std::vector<models::TextualInversion> learned = learned_of(*contexts.front());
    const std::vector<models::EncodedPrompt> encoded =
        learned.empty() ? encoder.encode(prompts) : encoder.with(learned).encode(prompts);
    for (std::size_t i = 0; i < contexts.size(); ++i) of(*contexts[i]).send(*contexts[i], texts[i], encoded);
  }

 private:
  /// What a row has encoded: for each stretch of turns the places of its prompts in the batch.
  struct Texts {
    std::vector<models::PromptTurn> turns;
    std::vector<std::vector<std::size_t>> places;
  };

  static std::vector<models::TextualInversion> learned_of(const graph::Context& cx) {
    std::vector<models::TextualInversion> all;
    if (const auto tokens = cx.find(kLearned))
      for (const Token* token : tokens->present()) all.push_back(*token->vectors);
    return all;
  }

  static bool is_same(const models::Prompt& a, const models::Prompt& b) {
    return a.prompt == b.prompt && a.prompt_2 == b.prompt_2 && a.negative_prompt == b.negative_prompt &&
           a.negative_prompt_2 == b.negative_prompt_2;
  }

  /// Adds them to the batch, each text once.
  Texts texts_of(const graph::Context& cx, std::vector<models::Prompt>& prompts) const {
    const schedulers::Schedule* schedule = cx.find(kSchedule);
    const auto turns = schedule == nullptr ? std::nullopt : std::optional(static_cast<std::int64_t>(schedule->size()));
    Texts texts{models::prompt_turns(prompt_, turns), {}};
    const auto first = static_cast<std::ptrdiff_t>(prompts.size());
    for (const models::PromptTurn& turn : texts.turns) {
      std::vector<std::size_t>& places = texts.places.emplace_back();
      for (const models::Prompt& prompt : turn.prompts) {
        const auto known = std::find_if(prompts.begin() + first, prompts.end(),
                                        [&](const models::Prompt& one) { return is_same(one, prompt); });
        places.push_back(static_cast<std::size_t>(known - prompts.begin()));
        if (known == prompts.end()) prompts.push_back(prompt);
      }
    }
    return texts;
  }

  void check_rules() const {
    if (prompt_.rules.syntax == models::PromptSyntax::kWebui) return;
    if (prompt_.rules.emphasis != models::Emphasis::kOriginal)
      throw graph::PropertyError(kEmphasis.name, "is for prompt_syntax: webui");
    if (prompt_.rules.comma_padding_backtrack != *kBacktrack.value)
      throw graph::PropertyError(kBacktrack.name, "is for prompt_syntax: webui");
  }

  /// Checks the texts, and completes the sizes by the model's.
  void finish() {
    target_ = {side_of(target_.height, model_->files()), side_of(target_.width, model_->files())};
    if (original_.height == 0) original_.height = target_.height;
    if (original_.width == 0) original_.width = target_.width;
    const auto complete = [](models::PixelSize& size, const models::PixelSize& otherwise) {
      if (size.height == 0) size.height = otherwise.height;
      if (size.width == 0) size.width = otherwise.width;
    };
    complete(negative_target_, target_);
    complete(negative_original_, original_);
    if (models::changes_by_turn(prompt_)) return;  // into what, the number of turns says
    for (const models::PromptTurn& turn : models::prompt_turns(prompt_, {}))
      for (const models::Prompt& prompt : turn.prompts) lease(text_)[text_].check(prompt);
  }

  /// The row's own node: its texts and sizes may be swept.
  static const TextEncode& of(const graph::Context& cx) { return static_cast<const TextEncode&>(cx.node()); }

  void send(graph::Context& cx, const Texts& texts, const std::vector<models::EncodedPrompt>& encoded) const {
    std::vector<std::string> warnings;
    const auto warn = [&](const std::string& text) {
      if (std::ranges::count(warnings, text) == 0) warnings.push_back(text);
    };
    std::vector<std::pair<std::int64_t, Conditioning>> turns;
    for (std::size_t i = 0; i < texts.turns.size(); ++i) {
      std::vector<Conditioning> prompts;
      for (std::size_t k = 0; k < texts.places[i].size(); ++k) {
        const models::EncodedPrompt& one = encoded[texts.places[i][k]];
        for (const models::PromptTruncation& cut : one.truncations) warn(cut.message());
        for (const models::PromptNote& note : one.notes) warn(note.message());
        prompts.push_back(conditioning_of(one));
        prompts.back().weight = texts.turns[i].weights[k];
      }
      Conditioning& first = prompts.front();
      if (prompts.size() > 1)
        first.parts =
            std::make_shared<const ConditioningParts>(ConditioningParts{{prompts.begin() + 1, prompts.end()}, {}});
      turns.emplace_back(texts.turns[i].last_turn, first);
    }
    if (!name_.embedding_tokens.empty() && name_.embedding.empty())
      warn("embedding_tokens are given, but no file of vectors (embedding): the words are plain words");
    const std::vector<std::string> words = graph::comma_list(name_.embedding_tokens);
    for (const std::string& notice : models::prompt_notices(prompt_, words)) warn(notice);
    for (const std::string& warning : warnings) cx.warn(warning);
    Conditioning all = turns.back().second;
    if (turns.size() > 1) {
      const std::vector<Conditioning> also = all.parts == nullptr ? std::vector<Conditioning>() : all.parts->also;
      all.parts = std::make_shared<const ConditioningParts>(ConditioningParts{also, std::move(turns)});
    }
    cx.send(kConditioning, std::move(all));
  }

  Conditioning conditioning_of(const models::EncodedPrompt& encoded) const {
    const auto f32 = [](const at::Tensor& t) { return t.defined() ? t.to(at::kFloat) : t; };
    Conditioning c{f32(encoded.prompt_embeds),
                   f32(encoded.negative_prompt_embeds),
                   f32(encoded.pooled_prompt_embeds),
                   f32(encoded.negative_pooled_prompt_embeds),
                   {},
                   {}};
    c.has_negative_prompt = prompt_.negative_prompt.has_value() && !prompt_.negative_prompt->empty();
    if (model_->files().requires_aesthetics_score()) {
      c.time_ids = models::refiner_time_ids(original_, crop_, score_).to(services_->device());
      c.negative_time_ids =
          models::refiner_time_ids(negative_original_, crop_, negative_score_).to(services_->device());
    } else if (c.pooled_prompt_embeds.defined()) {
      c.time_ids = models::base_time_ids(original_, crop_, target_).to(services_->device());
      c.negative_time_ids = models::base_time_ids(negative_original_, crop_, negative_target_).to(services_->device());
    }
    return c;
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  models::Prompt prompt_;
  models::PixelSize target_, original_, negative_target_, negative_original_;
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
