// SPDX-License-Identifier: MIT
#include "tensors/json.h"

#include <unordered_set>

#include "base/reading.h"
#include "tensors/npz.h"

namespace tensors {

using nlohmann::json;

json parse_object(const std::string& text, const std::string& name) {
  base::check_json_depth(text, name);
  std::unordered_set<std::string> keys;
  const auto check = [&](int depth, json::parse_event_t event, const json& value) {
    if (depth == 1 && event == json::parse_event_t::key && !keys.insert(value.get<std::string>()).second)
      throw FileError(name + ": " + value.dump() + " is there twice");
    return true;
  };
  json object;
  try {
    object = json::parse(text, check);
  } catch (const json::exception& e) {
    throw FileError(name + ": is not JSON: " + e.what());
  }
  if (!object.is_object()) throw FileError(name + ": is not a JSON object, but " + in_few_words(object));
  return object;
}

std::string in_few_words(const json& value) {
  constexpr std::size_t kMost = 60;
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() > kMost ? text.substr(0, kMost - 3) + "..." : text;
}

}  // namespace tensors
