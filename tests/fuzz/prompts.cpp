// SPDX-License-Identifier: MIT
// Weighted prompts: the three conventions' parsers and chunkers, and webui's editing, with the embedded model's
// vocabulary and a token of several vectors.
#include <stdexcept>

#include "models/text/prompt_reading.h"
#include "models/text/prompt_turns.h"
#include "models/text/tokenizer_text.h"
#include "models/text/webui_editing.h"
#include "tests/fuzz/input.h"

namespace {

void check(const models::PromptReading& reading, std::size_t length) {
  fuzz::require(!reading.parts.empty(), "a text has a part");
  for (const models::PromptReading::Part& part : reading.parts) {
    fuzz::require(!part.chunks.empty(), "a part has a chunk");
    for (const models::PromptChunk& chunk : part.chunks)
      fuzz::require(chunk.ids.size() == length && chunk.weights.size() == length, "chunks are equally long");
    for (const auto& without : part.without)
      fuzz::require(without.first <= without.last && without.last < length * part.chunks.size(), "places are there");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const models::Tokenizer tokenizer =
      models::Tokenizer::load(SOURCE_DIR "/assets/model/tokenizer").with_token("<cat>", 3);
  const std::string text(fuzz::text_of(data, size));
  using enum models::PromptSyntax;
  for (const models::PromptSyntax syntax : {kPlain, kWebui, kComfyui, kCompel}) {
    for (const bool is_original : {false, true}) {
      try {
        models::PromptNotices notices;
        check(read_prompt(text, tokenizer, {.syntax = syntax, .is_original = is_original}, notices),
              static_cast<std::size_t>(tokenizer.max_length()));
      } catch (const std::invalid_argument&) {
      }
    }
  }
  try {
    const models::Prompt prompt{.prompt = text, .negative_prompt = text, .rules = {.syntax = kWebui}};
    const std::vector<models::PromptTurn> turns = prompt_turns(prompt, 7);
    fuzz::require(!turns.empty() && turns.back().last_turn >= 7, "the last turn is said what holds");
    for (const models::PromptTurn& turn : turns)
      fuzz::require(!turn.prompts.empty() && turn.prompts.size() == turn.weights.size(), "prompts have weights");
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
