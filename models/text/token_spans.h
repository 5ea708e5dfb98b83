// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/text/prompt_reading.h"
#include "models/text/tokenizer.h"

/// Which tokens of a prompt some words are.
namespace models {

/// Half-open, counted with the begin token at 0.
struct TokenSpan {
  std::int64_t begin, end;
  bool operator==(const TokenSpan&) const = default;
};

/// A token of a prompt, and where it stands among all that the denoiser reads.
struct PromptToken {
  std::int64_t id, place;
};
/// Of a plain prompt of any length: the begin token has the place 0. Throws as Tokenizer::encode.
std::vector<PromptToken> plain_tokens(const Tokenizer& tokenizer, const std::string& prompt);
/// Of a prompt that is read in chunks, whose begins, ends and paddings have places, too, and are left out. Throws
/// std::invalid_argument for a blend, whose places have several words.
std::vector<PromptToken> tokens_of(const PromptReading& reading, const Tokenizer& tokenizer);

/// The places at which each text stands in the prompt, token by token: longer texts choose first, then earlier ones;
/// each takes the first place none of whose tokens is taken. Words learned by textual inversion (Tokenizer::with_token)
/// are passed over in both, so that a text is found however many of them stand in it, and what stands of them right
/// before it belongs to it; a text of such words alone is looked for as it is, before all others. None for a text that
/// is not there. Throws as Tokenizer::encode.
std::vector<std::vector<std::int64_t>> find_words(const Tokenizer& tokenizer, const std::vector<PromptToken>& prompt,
                                                  const std::vector<std::string>& texts);

/// The tokens of a plain prompt's characters [begin, end), which are code points; a learned word is one of them with
/// all its vectors. Throws std::invalid_argument for a span that is empty, is not inside of the prompt, or cuts a token
/// in two.
TokenSpan span_of_characters(const Tokenizer& tokenizer, const std::string& prompt, std::int64_t begin,
                             std::int64_t end);

}  // namespace models
