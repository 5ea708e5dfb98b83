// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "models/model.h"

namespace nodes {

/// The parts between commas, without the spaces around them. Empty parts are left out. A part in double quotes may have
/// commas in it; "" in it is one quote. Throws std::invalid_argument for a quote that is not closed.
std::vector<std::string> list_of(const std::string& text);

/// LoRA files with how strongly they are fused: "style.safetensors, other.safetensors=0.5", "\"a, b.safetensors\"=0.8".
/// Where several parts together are a file or a folder that is there, its name has commas in it and it is meant;
/// likewise one with = in its name. Throws std::invalid_argument for a scale that is not a finite number, and as
/// list_of.
std::vector<models::LoraChoice> lora_list(const std::string& text);

}  // namespace nodes
