// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/text/tokenizer.h"

/// Which words of a prompt are whose, where each of several things has a text that stands in the prompt, and may have a
/// learned word that is to stand before it. Source: Sarukkai et al. 2023 (Collage Diffusion).
namespace models {

/// What is looked for.
struct LayerText {
  std::string text;
  std::optional<std::pair<std::int64_t, std::int64_t>> span{};  ///< characters of the prompt in the place of the text
  std::string placeholder{};                                    ///< the learned word, "<fda>"; "": none
  std::int64_t vectors = 1;                                     ///< that it stands for
};

/// Words that belong to one.
struct LayerWords {
  std::size_t layer;                 ///< whose place and strengths count
  std::vector<std::int64_t> tokens;  ///< counted with the begin token at 0
  bool operator==(const LayerWords&) const = default;
};

struct MatchedWords {
  std::string prompt;  ///< with the placeholders
  std::vector<LayerWords> words;
  std::vector<std::size_t> missing;  ///< whose text does not stand in the prompt, or not once more
};

/// Finds each text token by token: spans first, then longer texts, then earlier ones; each takes the first place none
/// of whose tokens is taken. The placeholders are then put before what was found, and are of it. Throws
/// std::invalid_argument: a span or a placeholder that would cut a word in two, a placeholder that is a word already.
MatchedWords match_words(const Tokenizer& tokenizer, const std::string& prompt, const std::vector<LayerText>& layers);

/// The same with the faults of the original: of a text that stands there more than once only the second token is
/// compared; one that is missing gives its place and strengths to the next; where there is any placeholder, all words
/// are one token longer to the left; a placeholder comes before the later of the first "text " and the first "text,",
/// and nowhere without either.
/// Throws std::invalid_argument where the original does not return or fails, and for spans, which it has not.
MatchedWords match_words_as_original(const Tokenizer& tokenizer, const std::string& prompt,
                                     const std::vector<LayerText>& layers);

}  // namespace models
