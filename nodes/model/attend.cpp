// SPDX-License-Identifier: MIT
/// attend: pulls words of a prompt to places: where a mask covers the picture it attends more to the region's words,
/// and elsewhere less. Of the prompt alone, not of the negative one. What it does is carried by the conditioning, so it
/// stands between text-encode and the step.
///
/// Learned  words of textual inversion are passed over where a region's text is looked for; those right before it are
///          pulled with it. A text of such words alone is found as it is
/// Notes    the pull falls with the noise level. A region whose strengths are both 0 is left out; without any left,
///          numbers are those of a graph without this node, bit for bit
/// Warns    when a mask covers nothing, and of weights in a prompt that is plain here
/// Errors   a text that does not stand in the prompt, or behind what the text encoder reads; a span that cuts a word in
///          two, or is of a prompt that is not plain; another number of masks than regions; prompts that change by
///          turns or are several (AND); a conditioning of several chunks where the prompt is plain
/// Source   Sarukkai et al. 2023 (Collage Diffusion); Balaji et al. 2022 (eDiff-I)
#include <algorithm>
#include <stdexcept>

#include "graph/registry.h"
#include "graph/shape.h"
#include "models/text/token_spans.h"
#include "nodes/call_leases.h"
#include "nodes/model_properties.h"
#include "nodes/picture_tensors.h"
#include "nodes/pull.h"
#include "nodes/services.h"
#include "nodes/values.h"
#include "tensors/device.h"

namespace nodes {
namespace {

graph::Shape region_shape() {
  using graph::Shape;
  return Shape::list_of(
             Shape::map(
                 {{"text", Shape::text(), "words of the prompt: the first place that no longer text has taken", "\"\""},
                  {"span", Shape::list_of(Shape::whole().at_least(0)).sized(2, 2).or_null(),
                   "first and last but one of its characters, in the place of text", "null"},
                  {"strength", Shape::number().at_least(0).at_most(100), "inside of the mask", "0.5"},
                  {"negative_strength", Shape::number().at_least(0).at_most(100), "outside of it", "0.5"}})
                 .called("region"))
      .sized(1);
}

/// Words and how they are pulled, as the graph says it.
struct AttendRegion {
  std::string text;
  std::optional<std::pair<std::int64_t, std::int64_t>> span;
  double strength, negative_strength;
};

std::vector<AttendRegion> regions_of(const graph::Data& data) {
  std::vector<AttendRegion> regions;
  for (const graph::Data& one : data.items()) {
    AttendRegion region{
        one["text"].as<std::string>(), {}, one["strength"].as<double>(), one["negative_strength"].as<double>()};
    if (const graph::Data& span = one["span"]; !span.is_null())
      region.span.emplace(span.items()[0].as<std::int64_t>(), span.items()[1].as<std::int64_t>());
    const std::string where = "regions[" + std::to_string(regions.size()) + "]: ";
    if (region.text.empty() == !region.span.has_value())
      throw std::invalid_argument(where + (region.span ? "give a text or a span, not both" : "give a text or a span"));
    regions.push_back(std::move(region));
  }
  return regions;
}

class Attend final : public graph::Node {
 public:
  static constexpr graph::In<Conditioning> kConditioningIn{"conditioning", "of this prompt"};
  static constexpr graph::Ins<Mask> kMasks{
      "masks", "(H,W) f32 in [0,1], of any size, for the whole picture: one for each region, in their order"};
  static constexpr graph::Out<Conditioning> kConditioning{"conditioning", "with the pull"};
  static constexpr graph::Prop<graph::Data> kRegions{
      .name = "regions", .help = "which words belong where", .shape = region_shape};
  static constexpr graph::Prop<std::string> kPrompt{.name = "prompt", .help = "as text-encode has it"};
  static constexpr graph::Prop<std::string> kPrompt2{
      .name = "prompt_2", .help = "likewise; words count where they stand in either", .value = ""};
  static constexpr graph::Prop<std::string> kSyntax{.name = "prompt_syntax",
                                                    .help = "as text-encode has it, whose other rules are the defaults",
                                                    .value = "plain",
                                                    .choices = "plain|webui|comfyui|compel"};
  static constexpr graph::Prop<graph::Path> kEmbedding{
      .name = "embedding",
      .help = "as text-encode has it: a .safetensors file of textual inversion vectors",
      .value = "",
      .feedable = false};
  static constexpr graph::Prop<std::string> kTokens{
      .name = "embedding_tokens",
      .help = "likewise: the words that stand for its vectors; right before a region's words they are pulled with them",
      .value = "",
      .feedable = false};
  static graph::Contract contract() {
    return graph::Contract("attend", "Pulls words of a prompt to places in the picture.", kConditioningIn, kMasks,
                           kConditioning, kRegions, kPrompt, kPrompt2, kSyntax, kModel, kEmbedding, kTokens, kFall,
                           kSigmaIndex)
        .family("model")
        .bypass(kConditioning, kConditioningIn)
        .example(
            "told: {type: attend, model: $model, prompt: $prompt, regions: [{text: red boat, strength: 0.6}], "
            "in: {conditioning: text.conditioning, masks: [boat.mask]}}");
  }

  Attend(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        model_{.model = props.get(kModel).text,
               .embedding = props.get(kEmbedding).text,
               .embedding_tokens = props.get(kTokens)},
        regions_(regions_of(props.get(kRegions))),
        prompts_{props.get(kPrompt)},
        syntax_(models::prompt_syntax_named(props.get(kSyntax))),
        fall_(fall_named(props.get(kFall))),
        from_start_(props.get(kSigmaIndex) == "loop") {
    if (!props.get(kPrompt2).empty() && props.get(kPrompt2) != prompts_.front())
      prompts_.push_back(props.get(kPrompt2));
    if (syntax_ == models::PromptSyntax::kPlain) return;
    for (std::size_t i = 0; i < regions_.size(); ++i)
      if (regions_[i].span)
        throw std::invalid_argument("regions[" + std::to_string(i) +
                                    "]: a span counts the characters of a plain prompt: give a text");
  }

  void open() override {
    text_ = services_->text(model_);
    if (!prompts_.front().empty()) find_tokens();  // it is where a link feeds it
  }
  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    auto bound = std::make_unique<Attend>(props, services_);
    bound->text_ = text_;
    bound->find_tokens();
    return bound;
  }

  void process(graph::Context& cx) const override {
    if (tokens_.empty()) throw std::runtime_error("the prompt is empty, and has no words to pull");
    const graph::List<Mask> masks = cx.get(kMasks);
    if (masks.size() != regions_.size())
      throw std::runtime_error(std::to_string(masks.size()) + " masks are linked for " +
                               std::to_string(regions_.size()) + " regions: one for each is due, in their order");
    const Conditioning& conditioning = cx.get(kConditioningIn);
    std::vector<models::AttentionRegion> pulls;
    if (conditioning.parts == nullptr) check_syntax(cx, conditioning.prompt_embeds.size(1));
    for (std::size_t i = 0; i < regions_.size(); ++i) {
      const AttendRegion& region = regions_[i];
      if (!masks.has(i) || (region.strength == 0 && region.negative_strength == 0)) continue;
      if (!cv::checkRange(masks[i].weights, true, nullptr, 0, 1.000001))
        throw std::runtime_error("the mask of regions[" + std::to_string(i) + "] has weights that are not in [0, 1]");
      if (cv::countNonZero(masks[i].weights) == 0)
        cx.warn("the mask of " + named(i) + " covers nothing: its words are pulled away everywhere");
      check_read(i, conditioning.prompt_embeds.size(1));
      pulls.push_back(
          {tokens_[i], to_tensor(masks[i]).to(services_->device()), region.strength, region.negative_strength});
    }
    cx.send(kConditioning, pulled(conditioning, std::move(pulls), fall_, from_start_));
  }

 private:
  std::string named(std::size_t i) const {
    return "regions[" + std::to_string(i) + "]" + (regions_[i].text.empty() ? "" : " ('" + regions_[i].text + "')");
  }

  /// The tokens of each region: those of all prompts together, each once. The encoders of a model split texts alike.
  void find_tokens() {
    const auto leases = lease(text_);
    const models::PromptEncoder::Parts& parts = leases[text_].parts();
    const models::Tokenizer& tokenizer = (parts.text_encoder ? parts.text_encoder : parts.text_encoder_2)->tokenizer;
    std::vector<std::string> texts;
    for (const AttendRegion& region : regions_) texts.push_back(region.text);
    tokens_.assign(regions_.size(), {});
    chunk_ = tokenizer.max_length();
    for (const std::string& prompt : prompts_) {
      const std::vector<std::vector<std::int64_t>> found =
          models::find_words(tokenizer, tokens_in(tokenizer, prompt), texts);
      for (std::size_t i = 0; i < regions_.size(); ++i) {
        std::vector<std::int64_t> places = found[i];
        if (const auto& given = regions_[i].span; given && prompt == prompts_.front()) {
          const models::TokenSpan span = models::span_of_characters(tokenizer, prompt, given->first, given->second);
          for (std::int64_t token = span.begin; token < span.end; ++token) places.push_back(token);
        }
        for (const std::int64_t place : places)
          if (std::ranges::find(tokens_[i], place) == tokens_[i].end()) tokens_[i].push_back(place);
      }
    }
    for (std::size_t i = 0; i < regions_.size(); ++i)
      if (tokens_[i].empty()) refuse(tokenizer, i);
  }

  [[noreturn]] void refuse(const models::Tokenizer& tokenizer, std::size_t i) const {
    const std::string& prompt = prompts_.front();
    if (!models::find_words(tokenizer, tokens_in(tokenizer, prompt), {regions_[i].text}).front().empty())
      throw std::invalid_argument(named(i) + " does not stand in the prompt '" + prompt +
                                  "' once more: another region has these words");
    throw std::invalid_argument(named(i) + " does not stand in the prompt '" + prompt + "'");
  }

  std::vector<models::PromptToken> tokens_in(const models::Tokenizer& tokenizer, const std::string& prompt) const {
    if (syntax_ == models::PromptSyntax::kPlain) return models::plain_tokens(tokenizer, prompt);
    models::PromptNotices notices;  // which text-encode tells
    return models::tokens_of(models::read_prompt(prompt, tokenizer, {.syntax = syntax_}, notices), tokenizer);
  }

  /// Whether text-encode may have read the prompt otherwise than its words are counted here.
  void check_syntax(graph::Context& cx, std::int64_t count) const {
    if (syntax_ != models::PromptSyntax::kPlain) return;
    if (count != chunk_)
      throw std::runtime_error("the conditioning has " + std::to_string(count) + " tokens, and a plain prompt has " +
                               std::to_string(chunk_) + ": give attend the prompt_syntax that text-encode has");
    for (const std::string& prompt : prompts_)
      for (const std::string& notice : models::foreign_syntax(syntax_, prompt)) cx.warn(notice);
  }

  /// The last token of the context is the end's.
  void check_read(std::size_t i, std::int64_t count) const {
    if (std::ranges::max(tokens_[i]) + 1 < count) return;
    throw std::runtime_error(named(i) + " stands behind what the text encoder reads of the prompt");
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName model_;
  const std::vector<AttendRegion> regions_;
  std::vector<std::string> prompts_;
  const models::PromptSyntax syntax_;
  const models::AttentionFall fall_;
  const bool from_start_;
  std::vector<std::vector<std::int64_t>> tokens_;
  std::int64_t chunk_ = 0;  ///< tokens that the text encoder reads at once
  Network<models::PromptEncoder> text_;
};

}  // namespace

void register_attend(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<Attend>(services);
}

}  // namespace nodes
