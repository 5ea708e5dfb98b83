// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "models/files/weights.h"

/// The checkpoints in the original layout that are known, as data: such a file has no configs, which are therefore
/// here.
namespace models {

/// One network of such a checkpoint.
struct KnownNetwork {
  enum class Names { kUnet, kVae, kClip, kOpenClip };

  std::string_view part;    ///< diffusers' name of the part
  std::string_view prefix;  ///< of its tensors in the file
  Names names;              ///< what they are called behind the prefix
  std::string_view config;  ///< config.json
};

struct KnownCheckpoint {
  std::string_view name;  ///< for people
  std::string_view pipeline;
  std::int64_t channels;             ///< of the UNet's first convolution
  std::int64_t cross_attention_dim;  ///< of the texts that it attends to
  std::vector<KnownNetwork> networks;
  std::string_view scheduler;  ///< scheduler_config.json
  bool force_zeros_for_empty_prompt, requires_aesthetics_score;
};

const std::vector<KnownCheckpoint>& known_checkpoints();

/// How the network's tensors are named in such a file.
WeightLayout layout_of(const KnownNetwork& network);

}  // namespace models
