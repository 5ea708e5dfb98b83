// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/text/prompt_syntax.h"
#include "models/text/tokenizer.h"

/// A text as one text encoder is to read it, by any of the conventions. Pure functions.
namespace models {

/// What webui does with weights: its option Emphasis.
enum class Emphasis {
  kOriginal,  ///< embeddings times weights, brought back to the mean that they had
  kNoNorm,    ///< embeddings times weights
  kIgnore,    ///< weights are read and not used
  kNone,      ///< brackets and BREAK are text
};

struct ReadingRules {
  PromptSyntax syntax = PromptSyntax::kPlain;
  Emphasis emphasis = Emphasis::kOriginal;    ///< webui
  std::int64_t comma_padding_backtrack = 20;  ///< webui
  bool is_original = false;                   ///< with the programs' faults: WebuiRules, and see PromptReading::pooled
};

struct PromptReading {
  /// Chunks that are encoded one by one, and whose embeddings stand one behind the other.
  struct Part {
    std::vector<PromptChunk> chunks;  ///< at least one
    double weight = 1;                ///< compel's .and() and .blend()

    /// compel: mixed with the same text in which these places, of all the chunks' ids in a row, are not read.
    struct Without {
      std::size_t first, last;
      double factor;  ///< where what is read in full has 1
    };
    std::vector<Without> without{};
  };
  std::vector<Part> parts;  ///< at least one
  bool is_blend = false;    ///< parts are added up, by their weights; else they stand one behind the other
  bool normalize = true;    ///< of a blend: divided by the sum of the weights

  /// What the pooled vector is made of: the ids of one chunk; several for a blend, added up likewise. Empty: the first
  /// chunk. compel pools the text with its syntax, cut off at the first chunk; unless is_original, ours without.
  std::vector<std::vector<std::int64_t>> pooled{};
  std::optional<Truncation> truncation{};  ///< plain

  /// Of the embeddings.
  std::size_t chunks() const;
  /// Whether the empty text's embeddings are needed for it.
  bool needs_empty(PromptSyntax syntax) const;
};

/// What read_prompt() throws for the text alone, whatever the tokenizer.
void check_grammar(const std::string& text, const ReadingRules& rules);

/// Throws std::invalid_argument for what the convention refuses, and for what is not built: compel's swap and
/// withLora. webui's prompt editing and AND come before (models/text/prompt_turns.h): here they are text. Adds to
/// `notices` what is read otherwise than it may be meant.
PromptReading read_prompt(const std::string& text, const Tokenizer& tokenizer, const ReadingRules& rules,
                          PromptNotices& notices);

}  // namespace models
