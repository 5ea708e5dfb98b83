// SPDX-License-Identifier: MIT
#include "models/tokenizer_json.h"

#include <limits>
#include <unordered_set>

#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;

constexpr std::int64_t kMaxId = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::string read_tokenizer_text(const std::filesystem::path& file) {
  return reach::read_file(file, "vocabulary-bytes");
}

json read_tokenizer_json(const std::filesystem::path& file) {
  std::unordered_set<std::string> keys;
  const auto check = [&](int depth, json::parse_event_t event, const json& value) {
    if (depth == 1 && event == json::parse_event_t::key && !keys.insert(value.get<std::string>()).second)
      throw FileError(file.string() + ": " + value.dump() + " is there twice");
    return true;
  };
  const std::string text = read_tokenizer_text(file);
  reach::check_json_depth(text, file.string());
  json object;
  try {
    object = json::parse(text, check);
  } catch (const json::exception& e) {
    throw FileError(file.string() + ": is no JSON: " + e.what());
  }
  if (!object.is_object()) throw FileError(file.string() + ": is no JSON object");
  return object;
}

std::int64_t token_id(const json& value, const std::string& token, const std::filesystem::path& file) {
  if (!value.is_number_integer() || value < 0 || value > kMaxId)
    throw FileError(file.string() + ": " + json(token).dump() + ": expected an id from 0 to " + std::to_string(kMaxId) +
                    ", found " + value.dump());
  return value.get<std::int64_t>();
}

}  // namespace models
