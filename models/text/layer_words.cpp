// SPDX-License-Identifier: MIT
#include "models/text/layer_words.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "models/text/token_spans.h"

namespace models {
namespace {

constexpr std::int64_t kTaken = -1;  // no token has this id

/// Ids without begin and end.
std::vector<std::int64_t> ids_of(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<std::int64_t> ids = tokenizer.encode(tokenizer.expand(text));
  return {ids.begin() + 1, ids.end() - 1};
}

Tokenizer with_placeholders(Tokenizer tokenizer, const std::vector<LayerText>& layers) {
  for (const LayerText& layer : layers)
    if (!layer.placeholder.empty()) tokenizer = tokenizer.with_token(layer.placeholder, layer.vectors);
  return tokenizer;
}

/// Half-open ranges of tokens, counted with the begin token at 0; none for what is missing.
using LayerSpans = std::vector<std::optional<TokenSpan>>;

LayerSpans find_layers(const Tokenizer& tokenizer, const std::string& prompt, const std::vector<LayerText>& layers) {
  std::vector<PromptToken> tokens = plain_tokens(tokenizer, prompt);
  std::vector<std::string> texts;
  LayerSpans found(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    texts.push_back(layers[i].span ? "" : layers[i].text);
    if (!layers[i].span) continue;
    found[i] = span_of_characters(tokenizer, prompt, layers[i].span->first, layers[i].span->second);
    for (std::int64_t k = found[i]->begin; k < found[i]->end; ++k) tokens[static_cast<std::size_t>(k - 1)].id = kTaken;
  }
  const std::vector<std::vector<std::int64_t>> places = find_words(tokenizer, tokens, texts);
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (!places[i].empty()) found[i] = TokenSpan{places[i].front(), places[i].back() + 1};
  return found;
}

/// Where in the text a token begins, in bytes. Throws std::invalid_argument where that is inside of a word.
std::size_t byte_of_token(const Tokenizer& tokenizer, const std::string& prompt, std::int64_t token,
                          const std::string& text) {
  const std::vector<std::int64_t> all = ids_of(tokenizer, prompt);
  const auto before = all.begin() + (token - 1);
  for (std::size_t at = 0; at < prompt.size(); ++at) {
    const auto byte = static_cast<unsigned char>(prompt[at]);
    if (byte == ' ' || (byte & 0xC0) == 0x80) continue;  // the middle of a character
    const std::vector<std::int64_t> first = ids_of(tokenizer, std::string_view(prompt).substr(0, at));
    if (!std::ranges::equal(first, std::ranges::subrange(all.begin(), before))) continue;
    const std::vector<std::int64_t> rest = ids_of(tokenizer, std::string_view(prompt).substr(at));
    if (std::ranges::equal(rest, std::ranges::subrange(before, all.end()))) return at;
  }
  throw std::invalid_argument("'" + text + "' begins inside of a word of the prompt '" + prompt +
                              "': a learned word cannot stand before it");
}

/// As the original looks for a text among a prompt's tokens.
class OriginalSearch {
 public:
  OriginalSearch(const Tokenizer& tokenizer, const std::string& prompt)
      : tokenizer_(tokenizer), tokens_(tokenizer.encode(tokenizer.expand(prompt))) {}

  /// None where the text's first token is nowhere.
  std::optional<TokenSpan> find(const std::string& text) {
    const std::vector<std::int64_t> words = tokenizer_.encode(text);
    const auto length = static_cast<std::int64_t>(words.size()) - 2;
    std::vector<std::int64_t> candidates;
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (tokens_[i] == words[1]) candidates.push_back(static_cast<std::int64_t>(i));
    if (candidates.empty()) return {};
    if (candidates.size() > 1) {
      std::erase_if(candidates, [&](std::int64_t at) { return tokens_[static_cast<std::size_t>(at) + 1] != words[2]; });
      if (candidates.size() > 1)
        throw std::invalid_argument("'" + text + "' begins like several places of the prompt: the original never ends");
      if (candidates.empty() && !last_)
        throw std::invalid_argument("'" + text + "' is at several places of the prompt: the original fails");
    }
    if (!candidates.empty()) last_ = candidates.front();
    return TokenSpan{*last_, *last_ + length};
  }

 private:
  const Tokenizer& tokenizer_;
  const std::vector<std::int64_t> tokens_;
  std::optional<std::int64_t> last_{};
};

std::vector<std::int64_t> counted(std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> tokens;
  for (; begin < end; ++begin) tokens.push_back(begin);
  return tokens;
}

}  // namespace

MatchedWords match_words(const Tokenizer& tokenizer, const std::string& prompt, const std::vector<LayerText>& layers) {
  const LayerSpans found = find_layers(tokenizer, prompt, layers);
  MatchedWords matched{prompt, {}, {}};
  std::map<std::int64_t, std::size_t> before;  // by the token that a placeholder comes before, its layer
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!found[i]) matched.missing.push_back(i);
    else if (!layers[i].placeholder.empty()) before[found[i]->begin] = i;
  }
  std::vector<std::int64_t> due = ids_of(tokenizer, prompt);
  const Tokenizer extended = with_placeholders(tokenizer, layers);
  for (auto one = before.rbegin(); one != before.rend(); ++one) {  // the last first, so that places hold
    const LayerText& layer = layers[one->second];
    matched.prompt.insert(byte_of_token(tokenizer, prompt, one->first, layer.text), layer.placeholder + " ");
    const std::vector<std::int64_t> ids = ids_of(extended, layer.placeholder);
    due.insert(due.begin() + (one->first - 1), ids.begin(), ids.end());
  }
  if (ids_of(extended, matched.prompt) != due)
    throw std::invalid_argument("a learned word would change the words beside it in the prompt '" + prompt + "'");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!found[i]) continue;
    std::int64_t moved = 0, own = 0;
    for (const auto& [token, layer] : before) {
      if (layer == i) own = layers[i].vectors;
      else if (token <= found[i]->begin) moved += layers[layer].vectors;
    }
    matched.words.push_back({i, counted(found[i]->begin + moved, found[i]->end + moved + own)});
  }
  return matched;
}

MatchedWords match_words_as_original(const Tokenizer& tokenizer, const std::string& prompt,
                                     const std::vector<LayerText>& layers) {
  MatchedWords matched{prompt, {}, {}};
  bool learned = false;
  for (const LayerText& layer : layers) {
    if (layer.span) throw std::invalid_argument("'" + layer.text + "': the original knows no prompt_span");
    if (layer.placeholder.empty()) continue;
    learned = true;
    const auto place = [&](char behind) {
      return static_cast<std::ptrdiff_t>(matched.prompt.find(layer.text + behind));
    };
    const std::ptrdiff_t at = std::max(place(' '), place(','));
    if (at < 0) continue;
    matched.prompt.insert(static_cast<std::size_t>(at), layer.placeholder + " ");
  }
  const Tokenizer extended = with_placeholders(tokenizer, layers);
  OriginalSearch search(extended, matched.prompt);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::optional<TokenSpan> span = search.find(layers[i].text);
    if (!span) {
      matched.missing.push_back(i);
      continue;
    }
    matched.words.push_back({matched.words.size(), counted(span->begin - (learned ? 1 : 0), span->end)});
  }
  return matched;
}

}  // namespace models
