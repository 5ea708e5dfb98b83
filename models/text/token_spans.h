// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/text/tokenizer.h"

/// Which tokens of a prompt some words are.
namespace models {

/// Half-open, counted with the begin token at 0.
struct TokenSpan {
  std::int64_t begin, end;
  bool operator==(const TokenSpan&) const = default;
};

/// Where each text stands in the prompt, token by token: longer texts choose first, then earlier ones; each takes the
/// first place none of whose tokens is taken. Nothing for a text that is not there. Throws as Tokenizer::encode.
std::vector<std::optional<TokenSpan>> find_spans(const Tokenizer& tokenizer, const std::string& prompt,
                                                 const std::vector<std::string>& texts);

/// The tokens of the prompt's characters [begin, end), which are code points. Throws std::invalid_argument for a span
/// that is empty, is not inside of the prompt, or cuts a token in two.
TokenSpan span_of_characters(const Tokenizer& tokenizer, const std::string& prompt, std::int64_t begin,
                             std::int64_t end);

}  // namespace models
