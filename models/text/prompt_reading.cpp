// SPDX-License-Identifier: MIT
#include "models/text/prompt_reading.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "models/text/comfyui_prompt.h"
#include "models/text/compel_prompt.h"
#include "models/text/tokenizer_text.h"
#include "models/text/webui_prompt.h"

namespace models {
namespace {

PromptReading plain(const std::string& text, const Tokenizer& tokenizer) {
  Tokenizer::Padded padded = tokenizer.pad(tokenizer.encode(tokenizer.expand(text)));
  const std::vector<double> weights(padded.ids.size(), 1);
  return {.parts = {{{{std::move(padded.ids), weights}}}}, .truncation = std::move(padded.truncation)};
}

WebuiRules webui_rules(const ReadingRules& rules) {
  return {.is_original = rules.is_original, .comma_padding_backtrack = rules.comma_padding_backtrack};
}

std::vector<WebuiPiece> webui_pieces(const std::string& text, const ReadingRules& rules, PromptNotices& notices) {
  if (rules.emphasis == Emphasis::kNone) return {{text}};
  return parse_webui(text, webui_rules(rules), notices);
}

PromptReading webui(const std::string& text, const Tokenizer& tokenizer, const ReadingRules& rules,
                    PromptNotices& notices) {
  const std::vector<WebuiPiece> pieces = webui_pieces(text, rules, notices);
  return {.parts = {{chunk_webui(pieces, tokenizer.reading_padding(), webui_rules(rules)).chunks}}};
}

PromptReading comfyui(const std::string& text, const Tokenizer& tokenizer, PromptNotices& notices) {
  return {.parts = {{chunk_comfyui(parse_comfyui(text, notices), tokenizer.reading_padding())}}};
}

/// tan((1 − w)·π/2): 0 for a weight of 1, 1 for one of a half, and for 0 more than anything.
double factor_without(double weight) {
  constexpr double kLeast = 1e-5;
  return std::tan((1 - std::max(weight, kLeast)) * std::numbers::pi / 2);
}

PromptReading::Part compel_part(const CompelPrompt::Part& part, const Tokenizer& tokenizer) {
  CompelChunks chunks = chunk_compel(part.fragments, tokenizer);
  PromptReading::Part reading{std::move(chunks.chunks), part.weight};
  for (std::size_t i = 0; i < part.fragments.size(); ++i) {
    const double weight = part.fragments[i].weight;
    if (weight < 1 && chunks.ranges[i])
      reading.without.push_back({chunks.ranges[i]->first, chunks.ranges[i]->second, factor_without(weight)});
  }
  return reading;
}

void check_blend(const CompelPrompt& prompt) {
  double sum = 0;
  for (const CompelPrompt::Part& part : prompt.parts) sum += part.weight;
  if (prompt.way == CompelPrompt::Way::kBlend && prompt.normalize && sum == 0)
    throw std::invalid_argument("the weights of its blend add up to 0; write no_normalize behind them, or others");
}

CompelPrompt compel_prompt(const std::string& text, PromptNotices& notices) {
  CompelPrompt prompt = parse_compel(text, notices);
  if (!prompt.loras.empty())
    throw std::invalid_argument("'withLora(" + prompt.loras.front().first +
                                ", …)' is not read in prompts; name the file in the property lora");
  check_blend(prompt);
  return prompt;
}

PromptReading compel(const std::string& text, const Tokenizer& tokenizer, const ReadingRules& rules,
                     PromptNotices& notices) {
  const CompelPrompt prompt = compel_prompt(text, notices);
  PromptReading reading{
      .parts = {}, .is_blend = prompt.way == CompelPrompt::Way::kBlend, .normalize = prompt.normalize};
  const auto pool = [&](const std::string& one) {
    reading.pooled.push_back(tokenizer.pad(tokenizer.encode(tokenizer.expand(one))).ids);
  };
  for (const CompelPrompt::Part& part : prompt.parts) {
    reading.parts.push_back(compel_part(part, tokenizer));
    if (reading.is_blend) pool(text_of({.parts = {part}}));
  }
  if (!reading.is_blend) pool(rules.is_original ? text : text_of(prompt));
  return reading;
}

}  // namespace

std::size_t PromptReading::chunks() const {
  std::size_t all = 0;
  for (const Part& part : parts) all = is_blend ? std::max(all, part.chunks.size()) : all + part.chunks.size();
  return all;
}

bool PromptReading::needs_empty(PromptSyntax syntax) const {
  if (syntax != PromptSyntax::kComfyui && syntax != PromptSyntax::kCompel) return false;
  return std::ranges::any_of(parts, [&](const Part& part) {
    return std::ranges::any_of(part.chunks, &PromptChunk::is_weighted) || (!is_blend && part.weight != 1) ||
           (is_blend && part.chunks.size() < chunks());
  });
}

void check_grammar(const std::string& text, const ReadingRules& rules) {
  require_utf8(text);
  PromptNotices unused;
  if (rules.syntax == PromptSyntax::kWebui) webui_pieces(text, rules, unused);
  else if (rules.syntax == PromptSyntax::kComfyui) parse_comfyui(text, unused);
  else if (rules.syntax == PromptSyntax::kCompel) compel_prompt(text, unused);
}

PromptReading read_prompt(const std::string& text, const Tokenizer& tokenizer, const ReadingRules& rules,
                          PromptNotices& notices) {
  require_utf8(text);
  PromptReading reading;
  switch (rules.syntax) {
    case PromptSyntax::kPlain:
      reading = plain(text, tokenizer);
      break;
    case PromptSyntax::kWebui:
      reading = webui(text, tokenizer, rules, notices);
      break;
    case PromptSyntax::kComfyui:
      reading = comfyui(text, tokenizer, notices);
      break;
    case PromptSyntax::kCompel:
      reading = compel(text, tokenizer, rules, notices);
      break;
  }
  const PromptNotices foreign = foreign_syntax(rules.syntax, text);
  notices.insert(notices.end(), foreign.begin(), foreign.end());
  return reading;
}

}  // namespace models
