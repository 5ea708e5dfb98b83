// SPDX-License-Identifier: MIT
#include "models/text/token_spans.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "base/utf8.h"

namespace models {
namespace {

/// Without begin and end; learned words with all their vectors.
std::vector<std::int64_t> words_of(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<std::int64_t> ids = tokenizer.encode(tokenizer.expand(text));
  return {ids.begin() + 1, ids.end() - 1};
}

/// Bytes of the first `count` code points.
std::size_t bytes_of_characters(const std::string& text, std::int64_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count)
    at += std::max<std::size_t>(base::utf8_length(std::string_view(text).substr(at)), 1);
  if (count > 0) return std::string::npos;
  return at;
}

}  // namespace

std::vector<PromptToken> plain_tokens(const Tokenizer& tokenizer, const std::string& prompt) {
  std::vector<PromptToken> tokens;
  for (const std::int64_t id : words_of(tokenizer, prompt))
    tokens.push_back({id, static_cast<std::int64_t>(tokens.size()) + 1});
  return tokens;
}

std::vector<PromptToken> tokens_of(const PromptReading& reading, const Tokenizer& tokenizer) {
  if (reading.is_blend) throw std::invalid_argument("a blend of prompts has several words at each place");
  std::vector<PromptToken> tokens;
  std::int64_t first = 0;
  for (const PromptReading::Part& part : reading.parts) {
    for (const PromptChunk& chunk : part.chunks) {
      for (std::size_t i = 1; i < chunk.ids.size() && chunk.ids[i] != tokenizer.end_id(); ++i)
        tokens.push_back({chunk.ids[i], first + static_cast<std::int64_t>(i)});
      first += static_cast<std::int64_t>(chunk.ids.size());
    }
  }
  return tokens;
}

namespace {

/// The tokens of a prompt, of which each may be taken once.
class TakenWords {
 public:
  TakenWords(const Tokenizer& tokenizer, const std::vector<PromptToken>& tokens)
      : tokens_(tokens), taken_(tokens.size(), false), all_(tokens.size()) {
    std::iota(all_.begin(), all_.end(), 0);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      learned_.push_back(tokenizer.is_learned(tokens[i].id));
      if (!learned_.back()) plain_.push_back(i);
    }
  }

  /// Of words that were learned: as they are.
  std::vector<std::int64_t> take_learned(const std::vector<std::int64_t>& words) {
    const std::optional<std::size_t> at = find(words, all_);
    if (!at) return {};
    return take(*at, *at + words.size());
  }
  /// Of others: learned words are passed over, and those right before belong to it.
  std::vector<std::int64_t> take_plain(const std::vector<std::int64_t>& words) {
    const std::optional<std::size_t> at = find(words, plain_);
    if (!at) return {};
    std::size_t first = plain_[*at];
    while (first > 0 && learned_[first - 1] && !taken_[first - 1]) --first;
    return take(first, plain_[*at + words.size() - 1] + 1);
  }

 private:
  /// Where among `places` the words stand one after the other, and nobody has taken them.
  std::optional<std::size_t> find(const std::vector<std::int64_t>& words,
                                  const std::vector<std::size_t>& places) const {
    for (std::size_t at = 0; at + words.size() <= places.size(); ++at) {
      bool fits = true;
      for (std::size_t i = 0; i < words.size() && fits; ++i)
        fits = tokens_[places[at + i]].id == words[i] && !taken_[places[at + i]];
      if (fits) return at;
    }
    return {};
  }
  std::vector<std::int64_t> take(std::size_t first, std::size_t end) {
    std::vector<std::int64_t> places;
    for (std::size_t i = first; i < end; ++i) {
      taken_[i] = true;
      places.push_back(tokens_[i].place);
    }
    return places;
  }

  const std::vector<PromptToken>& tokens_;
  std::vector<bool> taken_, learned_{};
  std::vector<std::size_t> all_, plain_{};
};

}  // namespace

std::vector<std::vector<std::int64_t>> find_words(const Tokenizer& tokenizer, const std::vector<PromptToken>& prompt,
                                                  const std::vector<std::string>& texts) {
  TakenWords prompt_words(tokenizer, prompt);
  std::vector<std::vector<std::int64_t>> places(texts.size()), words;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<std::int64_t> all = words_of(tokenizer, texts[i]);
    words.push_back(all);
    std::erase_if(words.back(), [&](std::int64_t id) { return tokenizer.is_learned(id); });
    if (words.back().empty() && !all.empty()) places[i] = prompt_words.take_learned(all);
  }
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return words[a].size() > words[b].size(); });
  for (const std::size_t i : order)
    if (!words[i].empty()) places[i] = prompt_words.take_plain(words[i]);
  return places;
}

TokenSpan span_of_characters(const Tokenizer& tokenizer, const std::string& prompt, std::int64_t begin,
                             std::int64_t end) {
  const std::string where = "characters " + std::to_string(begin) + " to " + std::to_string(end) + " of the prompt";
  if (begin < 0 || begin >= end) throw std::invalid_argument(where + ": there are none");
  const std::size_t from = bytes_of_characters(prompt, begin), to = bytes_of_characters(prompt, end);
  if (from == std::string::npos || to == std::string::npos)
    throw std::invalid_argument(where + ": it is shorter than that");
  std::vector<std::int64_t> joined = words_of(tokenizer, std::string_view(prompt).substr(0, from));
  const auto before = static_cast<std::int64_t>(joined.size());
  for (const std::string_view part :
       {std::string_view(prompt).substr(from, to - from), std::string_view(prompt).substr(to)}) {
    const std::vector<std::int64_t> more = words_of(tokenizer, part);
    joined.insert(joined.end(), more.begin(), more.end());
  }
  const auto inside =
      static_cast<std::int64_t>(words_of(tokenizer, std::string_view(prompt).substr(from, to - from)).size());
  if (joined != words_of(tokenizer, prompt))
    throw std::invalid_argument(where + ": they begin or end inside of a word");
  if (inside == 0) throw std::invalid_argument(where + ": there is not a word in them");
  return {1 + before, 1 + before + inside};
}

}  // namespace models
