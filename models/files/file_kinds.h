// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "tensors/safetensors.h"

namespace models {

/// "it seems to be a LoRA: …", what a .safetensors file seems to be by its tensors' names, and where such a one goes.
/// For messages about files that are not what they were given as. Empty where nothing is recognised.
std::string seems_to_be(const tensors::SafetensorsFile& file);

/// Throws tensors::FileError with the cure for a file that is of another format by its name: a pickle, which is never
/// read, or GGUF. What only its first bytes tell, tensors::SafetensorsFile does.
void refuse_other_formats(const std::filesystem::path& file);

}  // namespace models
