// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/text/prompt_encoder.h"

namespace models {

/// What the denoiser is told up to and with a turn: one prompt, or several that webui's AND joins.
struct PromptTurn {
  std::int64_t last_turn;  ///< turns count from 1
  std::vector<Prompt> prompts;
  std::vector<double> weights;  ///< of each
};

/// Whether a prompt says other things at other turns: webui's prompt editing. Throws as prompt_turns.
bool changes_by_turn(const Prompt& prompt);

/// What to encode for which turns of so many, by models/text/webui_editing.h; one PromptTurn of the prompt as it is
/// where its convention is not webui's, or its emphasis is none. Texts are edited each by itself, and `prompt` alone
/// may be joined by AND. Throws std::invalid_argument that names the property: a prompt that changes by turns where
/// their number is not given, AND beside a text for the second encoder, a text that is not UTF-8.
std::vector<PromptTurn> prompt_turns(const Prompt& prompt, std::optional<std::int64_t> turns);

}  // namespace models
