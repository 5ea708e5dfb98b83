// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace train_embedded {

/// Draws what the logs of a work folder say as one SVG, of the stages that have one: the autoencoder's decibels, the
/// denoiser's errors, how many pictures the judge found good, and the ControlNet's errors and agreement. Throws
/// std::runtime_error when the file cannot be written.
void draw_curves(const std::filesystem::path& work, const std::filesystem::path& file);

}  // namespace train_embedded
