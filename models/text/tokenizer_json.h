// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace models {

/// The text of one of a tokenizer's files. Throws tensors::FileError: missing, longer than 16 MiB.
std::string read_tokenizer_text(const std::filesystem::path& file);

/// The JSON object in one of them. Throws as read_tokenizer_text and parse_object.
nlohmann::json read_tokenizer_json(const std::filesystem::path& file);

/// `value` as the id of `token`. Throws tensors::FileError when it is not an id.
std::int64_t token_id(const nlohmann::json& value, const std::string& token, const std::filesystem::path& file);

}  // namespace models
