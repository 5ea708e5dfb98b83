// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tensors {

/// The JSON object in a model's file, whose keys differ. `name` stands for the file in messages. Throws
/// tensors::FileError: no JSON, no object, a key twice, nested deeper than json-depth.
nlohmann::json parse_object(const std::string& text, const std::string& name);

/// What was found, for messages: lists and objects may be deep, and are not written out.
std::string in_few_words(const nlohmann::json& value);

}  // namespace tensors
