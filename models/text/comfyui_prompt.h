// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "models/text/prompt_syntax.h"
#include "models/text/tokenizer.h"

/// Prompts as ComfyUI reads them (October 2025). Pure functions.
namespace models {

/// `(a)` counts 1.1-fold, and brackets in brackets multiply; `(a:1.3)` counts 1.3-fold whatever is around it. `\(` is
/// text, and so are square brackets. A bracket without a partner is text, with all behind an opening one. A text
/// without words has no part. Notices: brackets without a partner, `embedding:`, which is written otherwise here.
/// Throws std::invalid_argument: a weight that is not finite, brackets nested too deep.
std::vector<WeightedText> parse_comfyui(std::string_view prompt, PromptNotices& notices);

/// Each part is a group of tokens: one of fewer than eight that does not fit into a chunk moves to the next as a whole,
/// a longer one is cut where the chunk is full. A token of textual inversion is a group of its own. At least one chunk.
std::vector<PromptChunk> chunk_comfyui(std::span<const WeightedText> parts, const Tokenizer& tokenizer);

}  // namespace models
