// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace models {

/// What a tensor of a LoRA file is, by its name alone.
struct LoraTensor {
  enum class Role { kDown, kUp, kAlpha };
  std::string network;  ///< "unet", "text_encoder" or "text_encoder_2"
  std::string layer;    ///< of the network, with '_' for '.'
  Role role;
};

/// Nothing when it is not a name that any of the trainers gives.
std::optional<LoraTensor> parse_lora_name(const std::string& name);

/// "attn1.to_q" → "attn1_to_q".
std::string underscored(std::string name);

}  // namespace models
