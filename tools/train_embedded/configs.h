// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

/// The shapes of the embedded model's networks, as the config.json of diffusers and transformers.
namespace train_embedded {

/// Side of the pictures that the model in assets says it was made for, of most of those that the denoiser learns on,
/// and pixels per latent cell.
inline constexpr int kNativeSize = 128;
inline constexpr int kFullSize = 256;
inline constexpr int kFactor = 8;
/// Tokens of a prompt, begin and end included.
inline constexpr int kPromptLength = 32;

/// Stable Diffusion's curve of noise, but up to a level at which nothing of the picture is left: at 0.012 the mean of a
/// small picture's latents shows through the noise, and sampling would take the noise's mean for a brightness.
inline constexpr double kBetaStart = 0.00085, kBetaEnd = 0.02;
inline constexpr int kTimesteps = 1000;

nlohmann::ordered_json autoencoder_config(double scaling_factor);
nlohmann::ordered_json unet_config();
nlohmann::ordered_json controlnet_config();
/// `projected`: of CLIPTextModelWithProjection.
nlohmann::ordered_json text_encoder_config(std::int64_t vocabulary, bool projected);
nlohmann::ordered_json scheduler_config();
nlohmann::ordered_json model_index();

}  // namespace train_embedded
