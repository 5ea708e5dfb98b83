// SPDX-License-Identifier: MIT
#include "models/text/token_spans.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "base/utf8.h"

namespace models {
namespace {

/// Without begin and end.
std::vector<std::int64_t> words_of(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<std::int64_t> ids = tokenizer.encode(text);
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

std::vector<std::optional<TokenSpan>> find_spans(const Tokenizer& tokenizer, const std::string& prompt,
                                                 const std::vector<std::string>& texts) {
  const std::vector<std::int64_t> ids = tokenizer.encode(prompt);
  std::vector<std::vector<std::int64_t>> words;
  for (const std::string& text : texts) words.push_back(words_of(tokenizer, text));
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return words[a].size() > words[b].size(); });
  std::vector<bool> taken(ids.size(), false);
  std::vector<std::optional<TokenSpan>> spans(texts.size());
  for (const std::size_t i : order) {
    const auto count = words[i].size();
    if (count == 0) continue;
    for (std::size_t at = 1; at + count < ids.size() && !spans[i]; ++at) {
      const auto first = static_cast<std::ptrdiff_t>(at), last = static_cast<std::ptrdiff_t>(at + count);
      if (!std::equal(words[i].begin(), words[i].end(), ids.begin() + first) ||
          std::find(taken.begin() + first, taken.begin() + last, true) != taken.begin() + last)
        continue;
      std::fill(taken.begin() + first, taken.begin() + last, true);
      spans[i] = TokenSpan{first, last};
    }
  }
  return spans;
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
