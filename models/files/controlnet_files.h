// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "models/files/model_files.h"

namespace models {

/// A ControlNet: a folder with a config.json as diffusers saves it, a .safetensors with diffusers' names or with those
/// of lllyasviel's code (behind control_model. or not), organisation/name of the Hugging Face cache, with a file of it
/// behind that or without, or embedded-canny: the one of edges for the embedded model.
///
/// A file alone has no config: its shapes say what they can, and the rest (heads, groups) is as in the UNet that it was
/// copied from. That is `unet`, or where that is null what is known of Stable Diffusion 1, 2 and XL.
///
/// Throws tensors::FileError that says what is missing, and what a file is instead of a ControlNet: a union of several,
/// a Control-LoRA, an adapter, a whole model.
NetworkFiles find_controlnet(const std::string& name, const ModelPlaces& places, const NetworkFiles* unet = nullptr);

}  // namespace models
