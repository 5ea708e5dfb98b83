// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "tensors/safetensors.h"

/// What a checkpoint in one file says of itself beside its weights, in every form that trainers, mergers and web UIs
/// write: metadata (`modelspec.prediction_type`, `ss_v_parameterization` …) and tensors that are there to be seen alone
/// (`v_pred`, `ztsnr` …). docs/models.md lists the forms.
///
/// All functions throw tensors::FileError that names the entry: for a value that is not known, and for two entries that
/// contradict each other. Nothing is taken in their place.
namespace models {

/// The config of Stability AI's code that web UIs look for beside a checkpoint, of its name with .yaml; nothing where
/// it is not there. Of it `parameterization` is read.
std::optional<std::filesystem::path> config_of_checkpoint(const std::filesystem::path& file);

/// "epsilon", "v_prediction" or "sample"; nothing where the file does not say.
std::optional<std::string> claimed_prediction_type(const tensors::SafetensorsFile& file);

/// Whether the noise of the training ended at pure noise; nothing where the file does not say.
std::optional<bool> claimed_zero_terminal_snr(const tensors::SafetensorsFile& file);

/// Side in pixels of the pictures it was trained on, by `modelspec.resolution` or the architecture; nothing where
/// that is not there or not a square.
std::optional<std::int64_t> claimed_side(const tensors::SafetensorsFile& file);

/// Throws when the file says that it is of another kind than `family` ("SDXL base", "SDXL refiner", "Stable Diffusion
/// 1", "Stable Diffusion 2"), or has marks of a noise schedule that is not built (EDM) or that nobody knows.
void check_claims(const tensors::SafetensorsFile& file, const std::string& family);

/// The family by `modelspec.architecture`; nothing where it is not there, or not one of these.
std::optional<std::string> claimed_family(const tensors::SafetensorsFile& file);

}  // namespace models
