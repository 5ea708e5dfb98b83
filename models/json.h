// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace models {

/// The JSON object in a model's file, whose keys differ. `name` stands for the file in messages. Throws
/// tensors::FileError: no JSON, no object, a key twice, nested deeper than json-depth.
nlohmann::json parse_object(const std::string& text, const std::string& name);

}  // namespace models
