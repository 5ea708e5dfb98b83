// SPDX-License-Identifier: MIT
#include "nodes/layers/words.h"

namespace nodes {

std::string placeholder_of(std::size_t layer) {
  static const std::vector<std::string> kOriginal{"<krk>", "<zxz>", "<fda>", "<xtc>", "<kyt>", "<tlw>", "<lxt>"};
  return layer < kOriginal.size() ? kOriginal[layer] : "<layer" + std::to_string(layer) + ">";
}

models::LayerText layer_text(const Layer& layer, const Token* learned, const std::string& placeholder) {
  models::LayerText text{layer.layer->text, layer.layer->prompt_span};
  if (learned == nullptr) return text;
  text.placeholder = placeholder;
  text.vectors = (learned->vectors.defined() ? learned->vectors : learned->vectors_2).size(0);
  return text;
}

models::MatchedWords match(const WordRules& rules, const models::Tokenizer& tokenizer, const std::string& prompt,
                           const std::vector<models::LayerText>& layers) {
  return rules.as_original ? models::match_words_as_original(tokenizer, prompt, layers)
                           : models::match_words(tokenizer, prompt, layers);
}

std::string missing_text(const Layer& layer, const std::string& prompt) {
  return "'" + layer.layer->text + "' does not stand in the prompt '" + prompt + "', or another layer has these words";
}

const models::Tokenizer& tokenizer_of(const models::PromptEncoder& encoder) {
  const models::PromptEncoder::Parts& parts = encoder.parts();
  return (parts.text_encoder ? parts.text_encoder : parts.text_encoder_2)->tokenizer;
}

}  // namespace nodes
