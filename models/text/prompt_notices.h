// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "models/text/prompt_encoder.h"

namespace models {

/// Lines for people about what web UIs take out of a prompt and this program draws as text, with the property to use in
/// its place: "<lora:style:0.8>", "<hypernet:…>", "embedding:style". `words` stand for vectors, and are none of these.
std::vector<std::string> prompt_notices(const Prompt& prompt, const std::vector<std::string>& words);

}  // namespace models
