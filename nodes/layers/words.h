// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "graph/contract.h"
#include "models/text/layer_words.h"
#include "models/text/prompt_encoder.h"
#include "nodes/values.h"

/// How load-collage and insert-tokens find the words of layers in a prompt.
namespace nodes {

inline constexpr graph::Prop<std::string> kCollagePrompt{
    .name = "prompt", .help = "what to draw, in which the words of all layers stand"};
inline constexpr graph::Prop<std::string> kWordRules{
    .name = "words",
    .help =
        "how layers' words are found: exact: token by token, longer texts first; original: as Collage Diffusion does, "
        "faults included",
    .value = "exact",
    .choices = "exact|original"};
inline constexpr graph::Prop<std::string> kMissingWords{
    .name = "missing_words",
    .help = "of a layer whose text does not stand in the prompt: it is refused, or the layer has no words",
    .value = "refuse",
    .choices = "refuse|skip"};

struct WordRules {
  bool as_original = false;
  bool skips_missing = false;
};
inline WordRules word_rules_of(const graph::Props& props) {
  return {props.get(kWordRules) == "original", props.get(kMissingWords) == "skip"};
}

/// The word that stands for what was learned of a layer: the original's seven, and for later layers such as "<layer7>".
std::string placeholder_of(std::size_t layer);

/// What is looked for; `learned`: null where nothing was learned of the layer, and `placeholder` stands for it.
models::LayerText layer_text(const Layer& layer, const Token* learned, const std::string& placeholder);

/// Throws as models/text/layer_words.h.
models::MatchedWords match(const WordRules& rules, const models::Tokenizer& tokenizer, const std::string& prompt,
                           const std::vector<models::LayerText>& layers);

/// "'boat' does not stand in the prompt '…'".
std::string missing_text(const Layer& layer, const std::string& prompt);

/// That of the encoders' texts, which are split alike.
const models::Tokenizer& tokenizer_of(const models::PromptEncoder& encoder);

}  // namespace nodes
