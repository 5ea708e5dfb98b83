// SPDX-License-Identifier: MIT
/// insert-tokens: a collage's prompt, with what was learned of layers before their words, and which of its tokens are
/// whose.
///
/// Placeholders are the original's seven, <krk> to <lxt> by the layer's number, and <layer7> and so on beyond. They are
///          sent with the vectors, for text-encode
/// Errors   a prompt that is empty; a text that does not stand in it, or not once more; words that stand behind what
///          the text encoder reads
/// Source   Sarukkai et al. 2023 (Collage Diffusion)
#include <algorithm>
#include <stdexcept>

#include "nodes/call_leases.h"
#include "nodes/layers/words.h"
#include "nodes/model_properties.h"
#include "nodes/services.h"

namespace nodes {
namespace {

class InsertTokens final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Layer>> kLayers{"layers", "N"};
  static constexpr graph::In<graph::List<Token>> kTokensIn{"tokens", "N, where one was learned of a layer", true};
  static constexpr graph::Out<std::string> kText{"text", "the prompt with placeholders and suffix"};
  static constexpr graph::Out<graph::List<Token>> kTokens{"tokens", "what the placeholders stand for"};
  static constexpr graph::Out<Spans> kSpans{"spans", "the tokens of each layer, counted with the begin token at 0"};
  static constexpr graph::Prop<std::string> kSuffix{
      .name = "suffix", .help = "what is added to the prompt, with what stands between", .value = ""};
  static graph::Contract contract() {
    return graph::Contract("insert-tokens", "Puts learned words into a collage's prompt, and finds those of layers.",
                           kLayers, kTokensIn, kText, kTokens, kSpans, kCollagePrompt, kSuffix, kWordRules,
                           kMissingWords, kModel)
        .family("layers")
        .example("words: {type: insert-tokens, prompt: $prompt, model: $model, in: {layers: all.layers}}");
  }

  InsertTokens(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        model_{.model = props.get(kModel).text},
        prompt_(props.get(kCollagePrompt)),
        suffix_(props.get(kSuffix)),
        rules_(word_rules_of(props)) {}

  void open() override { text_ = services_->text(model_); }

  void process(graph::Context& cx) const override {
    const graph::List<Layer> layers = cx.get(kLayers);
    const std::vector<const Token*> tokens = tokens_of(cx, layers.size());
    std::vector<models::LayerText> texts;
    std::vector<Token> sent;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      texts.push_back(layer_text(layers[i], tokens[i], placeholder_of(i)));
      if (tokens[i] == nullptr) continue;
      sent.push_back(*tokens[i]);
      sent.back().word = placeholder_of(i);
    }
    const Leases leases = lease(text_);
    const models::Tokenizer& tokenizer = tokenizer_of(leases[text_]);
    models::MatchedWords matched = match(rules_, tokenizer, prompt_, texts);
    for (const std::size_t i : matched.missing)
      if (!rules_.skips_missing) throw std::runtime_error(missing_text(layers[i], prompt_));
    check_read(layers, matched, tokenizer.max_length());
    cx.send(kText, matched.prompt + suffix_);
    cx.send(kTokens, graph::List<Token>(std::move(sent)));
    cx.send(kSpans, Spans{std::move(matched.words)});
  }

 private:
  /// Null where nothing was learned.
  static std::vector<const Token*> tokens_of(const graph::Context& cx, std::size_t count) {
    std::vector<const Token*> tokens(count);
    const std::optional<graph::List<Token>> learned = cx.find(kTokensIn);
    if (!learned) return tokens;
    if (learned->size() != count)
      throw std::runtime_error(std::to_string(learned->size()) + " learned words for " + std::to_string(count) +
                               " layers: a place for each is due");
    for (std::size_t i = 0; i < count; ++i)
      if (learned->has(i)) tokens[i] = &(*learned)[i];
    return tokens;
  }

  /// The last token is the end's.
  void check_read(const graph::List<Layer>& layers, models::MatchedWords& matched, std::int64_t most) const {
    for (models::LayerWords& words : matched.words) {
      if (words.tokens.back() + 1 < most) continue;
      if (!rules_.as_original)
        throw std::runtime_error(layers[words.layer].layer->name + ": '" + layers[words.layer].layer->text +
                                 "' stands behind the " + std::to_string(most - 2) +
                                 " tokens of the prompt that the text encoder reads");
      std::erase_if(words.tokens, [&](std::int64_t token) { return token + 1 >= most; });
    }
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName model_;
  const std::string prompt_, suffix_;
  const WordRules rules_;
  Network<models::PromptEncoder> text_;
};

}  // namespace

void register_insert_tokens(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<InsertTokens>(services);
}

}  // namespace nodes
