// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "models/networks/autoencoder.h"
#include "tensors/torch.h"
#include "tools/train_embedded/log.h"

namespace train_embedded {

/// Scenes 0 to n − 1 at the model's own size, with the edges that a ControlNet is told.
struct HintedScenes {
  at::Tensor latents;  ///< (n,4,h,w) f16
  at::Tensor hints;    ///< (n,8h,8w) u8: 255 on edges
};

/// Made once, and kept in WORK/hinted in files of kShard scenes.
HintedScenes hinted_scenes(const std::filesystem::path& work, const models::Autoencoder& autoencoder,
                           std::int64_t count, Journal& journal);

}  // namespace train_embedded
