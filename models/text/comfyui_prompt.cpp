// SPDX-License-Identifier: MIT
#include "models/text/comfyui_prompt.h"

#include <algorithm>
#include <stdexcept>

namespace models {
namespace {

constexpr double kBracket = 1.1;
constexpr std::size_t kLongWord = 8;
// What stands for \) and \( while brackets are looked at: no text has such bytes, for they are control characters.
constexpr char kMark = '\0', kClose = '\1', kOpen = '\2';

std::string with_marks(std::string_view text) {
  std::string marked;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '(' || text[i + 1] == ')');
    if (!escapes) marked += text[i];
    else marked += {kMark, text[++i] == '(' ? kOpen : kClose};
  }
  return marked;
}

std::string without_marks(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_mark = text[i] == kMark && i + 1 < text.size() && (text[i + 1] == kOpen || text[i + 1] == kClose);
    if (!is_mark) plain += text[i];
    else plain += text[++i] == kOpen ? '(' : ')';
  }
  return plain;
}

/// The text cut before each "(" of the lowest level and behind each ")" that ends one. A level may be below zero.
std::vector<std::string_view> at_brackets(std::string_view text, bool& is_balanced) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  std::int64_t level = 0;
  const auto cut = [&](std::size_t end) {
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' && level++ == 0) cut(i);
    if (text[i] == ')' && --level == 0) cut(i + 1);
    is_balanced = is_balanced && level >= 0;
  }
  cut(text.size());
  is_balanced = is_balanced && level == 0;
  return parts;
}

/// The weight that a bracket's own text ends with, and the text before it.
std::string_view without_weight(std::string_view text, double& weight) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return text;
  const std::string_view number = text.substr(colon + 1);
  if (is_word_number(number))
    throw std::invalid_argument("the weight '" + std::string(without_space(number)) + "' of " +
                                in_short(without_marks(text.substr(0, colon))) +
                                " is not a finite number; write one such as 1.2");
  return is_number(number, weight) ? text.substr(0, colon) : text;
}

void add_parts(std::string_view text, double weight, std::size_t depth, std::vector<WeightedText>& parts,
               bool& is_balanced) {
  check_nesting(depth);
  for (const std::string_view part : at_brackets(text, is_balanced)) {
    if (part.size() >= 2 && part.front() == '(' && part.back() == ')') {
      double own = weight * kBracket;
      const std::string_view inner = without_weight(part.substr(1, part.size() - 2), own);
      add_parts(inner, own, depth + 1, parts, is_balanced);
    } else {
      parts.push_back({without_marks(part), weight});
      check_weight(weight, parts.back().text);
    }
  }
}

/// A part's text as ComfyUI cuts it: `embedding:` begins a group of its own.
std::vector<std::string_view> at_embeddings(std::string_view text) {
  constexpr std::string_view kName = "embedding:";
  std::vector<std::string_view> parts;
  while (true) {
    std::size_t place = text.find(kName, 1);
    while (place != std::string_view::npos && text[place - 1] != ' ' && text[place - 1] != '\n')
      place = text.find(kName, place + 1);
    if (place == std::string_view::npos) break;
    if (place > 1) parts.push_back(text.substr(0, place - 1));
    text.remove_prefix(place);
  }
  if (!text.empty()) parts.push_back(text);
  return parts;
}

std::vector<std::vector<std::int64_t>> groups(std::string_view text, const Tokenizer& tokenizer) {
  std::vector<std::vector<std::int64_t>> all;
  for (const std::string_view part : at_embeddings(text)) {
    const std::vector<std::int64_t> ids = ids_of_words(tokenizer, part);
    bool is_open = false;
    for (std::size_t i = 0; i < ids.size();) {
      const auto vectors = static_cast<std::size_t>(tokenizer.is_learned(ids[i]) ? tokenizer.vectors(ids[i]) : 0);
      const std::size_t end = std::min(i + std::max<std::size_t>(vectors, 1), ids.size());
      if (vectors > 0 || !is_open) all.emplace_back();
      is_open = vectors == 0;
      for (; i < end; ++i) all.back().push_back(ids[i]);
    }
  }
  return all;
}

class ComfyuiChunker {
 public:
  explicit ComfyuiChunker(const Tokenizer& tokenizer)
      : tokenizer_(tokenizer), most_(static_cast<std::size_t>(tokenizer.max_length()) - 2) {}

  void add(std::span<const std::int64_t> group, double weight) {
    const bool is_long = group.size() >= kLongWord || group.size() > most_;
    while (group.size() > most_ - ids_.size()) {
      const std::size_t taken = is_long ? most_ - ids_.size() : 0;
      push(group.first(taken), weight);
      group = group.subspan(taken);
      finish();
    }
    push(group, weight);
  }

  std::vector<PromptChunk> chunks() {
    finish();
    return std::move(chunks_);
  }

 private:
  void push(std::span<const std::int64_t> ids, double weight) {
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    weights_.resize(ids_.size(), weight);
  }
  void finish() {
    chunks_.push_back(filled_chunk(tokenizer_, ids_, weights_));
    ids_.clear();
    weights_.clear();
  }

  const Tokenizer& tokenizer_;
  const std::size_t most_;
  std::vector<std::int64_t> ids_{};
  std::vector<double> weights_{};
  std::vector<PromptChunk> chunks_{};
};

}  // namespace

std::vector<WeightedText> parse_comfyui(std::string_view prompt, PromptNotices& notices) {
  bool is_balanced = true;
  std::vector<WeightedText> parts;
  add_parts(with_marks(prompt), 1, 0, parts, is_balanced);
  if (!is_balanced)
    notices.push_back(
        "brackets do not go in pairs, so that some are read as text, with what follows; write \\( or \\) for the "
        "character");
  if (prompt.starts_with("embedding:") || prompt.find(" embedding:") != std::string_view::npos)
    notices.push_back(
        "'embedding:' is read as text: give the file by text-encode's properties embedding and embedding_tokens, and "
        "write its token in the prompt");
  return parts;
}

std::vector<PromptChunk> chunk_comfyui(std::span<const WeightedText> parts, const Tokenizer& tokenizer) {
  ComfyuiChunker chunker(tokenizer);
  for (const WeightedText& part : parts)
    for (const std::vector<std::int64_t>& group : groups(part.text, tokenizer)) chunker.add(group, part.weight);
  return chunker.chunks();
}

}  // namespace models
