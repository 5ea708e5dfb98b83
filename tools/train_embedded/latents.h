// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

#include "models/networks/autoencoder.h"
#include "tensors/torch.h"
#include "tools/train_embedded/log.h"

namespace train_embedded {

/// The autoencoder that an earlier stage has left in WORK/autoencoder. Throws tensors::FileError.
std::unique_ptr<models::Autoencoder> trained_autoencoder(const std::filesystem::path& work);
double trained_scaling_factor(const std::filesystem::path& work);

/// The latents of scenes 0 to count − 1 at a size in px, (count,4,h,w) f16: made once, and kept in WORK/latents in
/// files of kShard scenes.
inline constexpr std::int64_t kShard = 1024;
at::Tensor scene_latents(const std::filesystem::path& work, cv::Size size, std::int64_t count, Journal& journal);

}  // namespace train_embedded
