// SPDX-License-Identifier: MIT
// Prompts: from text to tokens and back, with the embedded model's vocabulary and a token of several vectors.
#include "models/text/tokenizer.h"

#include <algorithm>
#include <stdexcept>

#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const models::Tokenizer tokenizer =
      models::Tokenizer::load(SOURCE_DIR "/assets/model/tokenizer").with_token("<cat>", 3);
  const std::string_view text = fuzz::text_of(data, size);
  try {
    const std::vector<std::int64_t> ids = tokenizer.encode(text);
    fuzz::require(ids.size() >= 2, "a text has a begin and an end");
    fuzz::require(std::ranges::all_of(ids, [](auto id) { return id >= 0 && id < tokenizer.size(); }), "ids are known");
    const models::Tokenizer::Padded padded = tokenizer.pad(ids);
    fuzz::require(static_cast<std::int64_t>(padded.ids.size()) == tokenizer.max_length(), "prompts are equally long");
    if (padded.truncation) tokenizer.encode(padded.truncation->message());
    tokenizer.encode(tokenizer.decode(ids));
    tokenizer.encode(tokenizer.expand(text));
  } catch (const std::invalid_argument&) {
    return 0;
  }
  return 0;
}
