// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "models/files/model_files.h"

namespace models {

/// A folder with CLIP's vocab.json, merges.txt and tokenizer_config.json, or its tokenizer.json, for a checkpoint,
/// which has none: the folder that places.vocabulary names, the checkpoint's own or its tokenizer/, CLIP's or any
/// Stable Diffusion's in the Hugging Face cache. Throws tensors::FileError that says where to get one.
std::filesystem::path find_vocabulary(const std::filesystem::path& checkpoint, const ModelPlaces& places);

}  // namespace models
