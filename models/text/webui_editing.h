// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/text/prompt_syntax.h"

/// What AUTOMATIC1111's stable-diffusion-webui makes of a prompt before it looks for weights: prompts that change while
/// a picture is denoised, and several at once. Pure functions.
namespace models {

/// A text, up to and with a step; steps count from 1.
struct EditedPrompt {
  std::int64_t last_step;
  std::string text;

  bool operator==(const EditedPrompt&) const = default;
};

/// `[from:to:when]`, `[to:when]`, `[from::when]`: `from` up to the step `when`, `to` behind it; a `when` with a point
/// is a part of the steps. `[a|b|c]`: another one at each step. Brackets that fit no form are text. The last one ends
/// at `steps`; texts that follow each other may be equal.
///
/// `steps_before`: of a first pass at a smaller size (webui's hires fix), whose second this is: whole numbers go on
/// counting from it, parts of the steps from 1; 0: there was none. Throws std::invalid_argument for brackets nested too
/// deep.
std::vector<EditedPrompt> edited_prompts(std::string_view prompt, std::int64_t steps, std::int64_t steps_before = 0);

/// The texts between AND, each with the weight at its end: `a cat :1.2 AND a dog`.
std::vector<WeightedText> composed_prompts(std::string_view prompt);

/// Whether a text has one of those forms.
bool is_prompt_editing(std::string_view prompt);

}  // namespace models
