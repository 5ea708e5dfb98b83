// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <utility>

#include "models/text/prompt_syntax.h"
#include "models/text/tokenizer.h"

/// Prompts as compel 2.4.0 reads them. Pure functions.
namespace models {

struct CompelPrompt {
  struct Part {
    std::vector<WeightedText> fragments;  ///< at least one
    double weight = 1;
  };
  enum class Way {
    kAnd,    ///< the parts' embeddings stand one behind the other; most prompts are one part
    kBlend,  ///< they are added up
  };
  std::vector<Part> parts{};  ///< at least one
  Way way = Way::kAnd;
  bool normalize = true;                                ///< of a blend: divided by the sum of the weights
  std::vector<std::pair<std::string, double>> loras{};  ///< of withLora(name, weight)
};

/// `word+`, `word--`, `(some words)1.3`, `"some words"++`, `(some words).attend(1.3)`: each + counts 1.1-fold, each −
/// 0.9-fold, and what is nested multiplies. `("one", "two").and(1, 0.5)` and `.blend(0.7, 0.3)` are whole prompts. What
/// fits nothing is a word up to the next white space; `\(`, `\)` and `\"` are text.
/// Notices: brackets without a partner.
/// Throws std::invalid_argument: `.swap()`, which is not built; as many weights as parts are not there; text behind
/// `.and()`; a weight that is not finite, brackets nested too deep.
CompelPrompt parse_compel(std::string_view prompt, PromptNotices& notices);

/// The text of all parts without their syntax.
std::string text_of(const CompelPrompt& prompt);

struct CompelChunks {
  std::vector<PromptChunk> chunks;  ///< at least one
  /// For each fragment the places of its first and last token, of all the chunks' ids in a row; none: it has no token.
  std::vector<std::optional<std::pair<std::size_t, std::size_t>>> ranges;
};

/// Fragments become tokens one by one, in one row; it is cut, where it is longer than a chunk, behind the last full
/// stop of what would fill one, else behind the last of , ; :, else behind the last word.
CompelChunks chunk_compel(std::span<const WeightedText> fragments, const Tokenizer& tokenizer);

}  // namespace models
