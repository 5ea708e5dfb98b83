// SPDX-License-Identifier: MIT
#include "models/text/layer_words.h"

#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

namespace models {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string kLayerData = SOURCE_DIR "/tests/data/layers/";
/// What a call is refused with; "" where it is not.
std::string layer_refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

const std::vector<std::string> kPlaceholders{"<krk>", "<zxz>", "<fda>", "<xtc>", "<kyt>", "<tlw>", "<lxt>"};

const Tokenizer& layer_tokenizer() {
  static const Tokenizer kTokenizer = Tokenizer::load(kLayerData + "model/tokenizer");
  return kTokenizer;
}

json cases() {
  std::ifstream text(kLayerData + "expected/token_spans.json");
  return json::parse(text)["cases"];
}

std::vector<LayerText> layers_of(const json& one) {
  std::vector<LayerText> layers;
  for (std::size_t i = 0; i < one["texts"].size(); ++i)
    layers.push_back({one["texts"][i], {}, one["learned"][i] == 1 ? kPlaceholders[i] : "", 1});
  return layers;
}

/// The ids of a prompt with the placeholders that its layers have.
std::vector<std::int64_t> ids_with_placeholders(const std::string& prompt, const std::vector<LayerText>& layers) {
  Tokenizer all = layer_tokenizer();
  for (const LayerText& layer : layers)
    if (!layer.placeholder.empty()) all = all.with_token(layer.placeholder, layer.vectors);
  std::vector<std::int64_t> encoded = all.encode(all.expand(prompt));
  return encoded.size() > 77 ? all.pad(std::move(encoded)).ids : encoded;
}

TEST(LayerWords, AreFoundAsTheyShould) {
  for (const json& one : cases()) {
    const std::vector<LayerText> layers = layers_of(one);
    const MatchedWords matched = match_words(layer_tokenizer(), one["prompt"], layers);
    std::size_t next = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const json& span = one["fix"]["span_of_layer"][i];
      if (span.is_null()) {
        EXPECT_THAT(matched.missing, ::testing::Contains(i));
        continue;
      }
      ASSERT_LT(next, matched.words.size());
      EXPECT_EQ(matched.words[next].layer, i);
      EXPECT_EQ(matched.words[next].tokens.front(), span[0]) << one["prompt"];
      EXPECT_EQ(matched.words[next].tokens.back() + 1, span[1]) << one["prompt"];
      ++next;
    }
    EXPECT_EQ(json(ids_with_placeholders(matched.prompt, layers)), one["fix"]["ids"]) << matched.prompt;
  }
}

TEST(LayerWords, AreFoundAsTheOriginalFindsThem) {
  for (const json& one : cases()) {
    const std::vector<LayerText> layers = layers_of(one);
    const json& due = one["ref"];
    if (due.contains("fails")) {
      const std::string why = layer_refusal([&] { match_words_as_original(layer_tokenizer(), one["prompt"], layers); });
      EXPECT_THAT(why, HasSubstr(due["fails"] == "never returns" ? "never ends" : "fails")) << one["prompt"];
      continue;
    }
    const MatchedWords matched = match_words_as_original(layer_tokenizer(), one["prompt"], layers);
    EXPECT_EQ(matched.prompt, due["prompt"]);
    std::vector<std::int64_t> tokens;
    std::vector<std::size_t> of_layer;
    for (const LayerWords& words : matched.words) {
      tokens.insert(tokens.end(), words.tokens.begin(), words.tokens.end());
      of_layer.insert(of_layer.end(), words.tokens.size(), words.layer);
    }
    // What stands behind what is read is not seen there.
    while (!tokens.empty() && tokens.back() > 75) tokens.pop_back(), of_layer.pop_back();
    EXPECT_EQ(json(tokens), due["tokens"]) << one["prompt"];
    EXPECT_EQ(json(of_layer), due["mask_of_layer"]) << one["prompt"];
  }
}

TEST(LayerWords, SpansComeFirst) {
  const std::string prompt = "moon and moon";
  const MatchedWords matched = match_words(layer_tokenizer(), prompt, {{"moon"}, {"moon", std::pair{0, 4}, "<a>", 2}});
  EXPECT_EQ(matched.prompt, "<a> moon and moon");
  EXPECT_EQ(matched.words, (std::vector<LayerWords>{{0, {5}}, {1, {1, 2, 3}}}));
}

TEST(LayerWords, WhatWouldCutAWordIsRefused) {
  EXPECT_THAT(layer_refusal([&] {
                match_words(layer_tokenizer(), "a moon", {{"moon", std::pair{3, 6}}});
              }),
              HasSubstr("inside of a word"));
}

}  // namespace
}  // namespace models
