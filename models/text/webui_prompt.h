// SPDX-License-Identifier: MIT
#pragma once

#include "models/text/prompt_syntax.h"
#include "models/text/tokenizer.h"

/// Prompts as AUTOMATIC1111's stable-diffusion-webui reads them (after 1.10). Pure functions.
namespace models {

/// A part of a prompt, or a mark between two.
struct WebuiPiece {
  std::string text;       ///< "BREAK" for a mark
  double weight = 1;      ///< −1 for a mark; in brackets, times theirs, as webui has it
  bool is_break = false;  ///< the text after it begins a chunk

  bool operator==(const WebuiPiece&) const = default;
};

struct WebuiRules {
  bool is_original = false;  ///< with webui's fault: BREAK in brackets is a word, of the weight −1 times the brackets'
  std::int64_t comma_padding_backtrack =
      20;  ///< how many tokens may move to the next chunk with the last comma's; 0: none
};

/// `(a)` counts 1.1-fold, `[a]` 1/1.1-fold, `(a:1.3)` 1.3-fold; brackets in brackets multiply; `\(` is text; BREAK is a
/// mark. Brackets that are not closed count to the end; those that were not opened are text. At least one piece.
/// Notices: brackets without a partner, BREAK in brackets.
/// Throws std::invalid_argument: a weight that is not finite, brackets nested too deep.
std::vector<WebuiPiece> parse_webui(std::string_view prompt, const WebuiRules& rules, PromptNotices& notices);

struct WebuiChunks {
  std::vector<PromptChunk> chunks;  ///< at least one
  std::int64_t count = 0;           ///< of tokens, as webui's counter has it: a chunk that another follows is full
};

/// Pieces become tokens one by one. A chunk that is full gives what follows its last comma to the next, when that is
/// near (comma_padding_backtrack) and the next token is not a comma; the vectors of one token of textual inversion stay
/// together. Where the padding is not the end token, all behind the first end token is padding.
WebuiChunks chunk_webui(std::span<const WebuiPiece> pieces, const Tokenizer& tokenizer, const WebuiRules& rules);

}  // namespace models
