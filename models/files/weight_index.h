// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace models {

/// Which file each tensor is in, out of the .safetensors.index.json of a checkpoint in several pieces. The files are
/// beside it. Throws tensors::FileError: longer than 64 MiB, no JSON, no weight_map, an entry that is not a name of a
/// file.
std::map<std::string, std::string> read_weight_index(const std::filesystem::path& index);

}  // namespace models
