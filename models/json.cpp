// SPDX-License-Identifier: MIT
#include "models/json.h"

#include <unordered_set>

#include "base/reading.h"
#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;

}  // namespace

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
  if (!object.is_object()) throw FileError(name + ": is not a JSON object");
  return object;
}

}  // namespace models
