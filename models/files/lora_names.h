// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace models {

/// What a tensor of a LoRA file is, by its name alone.
struct LoraTensor {
  enum class Role {
    kDown,
    kUp,
    kMid,  ///< of a LoCon with a Tucker decomposition
    kAlpha,
    kFactor,   ///< of an (IA)³
    kOnInput,  ///< whether its factors are of a layer's inputs
    kWeight,   ///< added to the weight as it is: a full difference, or of a norm
    kBias,     ///< likewise to the bias
  };
  std::string network;  ///< "unet", "text_encoder" or "text_encoder_2"
  std::string layer;    ///< of the network, with '_' for '.'
  Role role;
};

/// Nothing when it is not a name that any of the trainers gives.
std::optional<LoraTensor> parse_lora_name(const std::string& name);

/// "attn1.to_q" → "attn1_to_q".
std::string underscored(std::string name);

}  // namespace models
