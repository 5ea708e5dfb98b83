// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/names.h"
#include "tensors/npz.h"

namespace schedulers {

/// What was found, in few words: lists and objects may be deep, and are not written out.
inline std::string in_few_words(const nlohmann::json& value) {
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  std::string text = value.dump();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

/// Takes the values of keys out of an object and notes which keys it was asked for.
class ConfigReader {
 public:
  ConfigReader(const nlohmann::json& object, std::string name) : object_(object), name_(std::move(name)) {}

  /// An absent key and null leave the target as it is.
  template <class T>
  void take(const std::string& key, T& target) {
    const nlohmann::json* value = find(key);
    if (value != nullptr) assign(key, *value, target);
  }
  void take(const std::string& key, std::string& target, const std::vector<std::string>& choices) {
    take(key, target);
    check(key, target, choices);
  }
  void take(const std::string& key, std::optional<std::string>& target, const std::vector<std::string>& choices) {
    take(key, target);
    if (target) check(key, *target, choices);
  }
  void ignore(const std::string& key) { known_.insert(key); }
  void only_null(const std::string& key) {
    if (const nlohmann::json* value = find(key)) fail(key, "only null is built, found " + in_few_words(*value));
  }

  void finish() const {
    const std::vector<std::string> known(known_.begin(), known_.end());
    std::string unknown;
    for (const auto& [key, value] : object_.items()) {
      if (value.is_null() || key.starts_with('_') || known_.contains(key)) continue;
      unknown += (unknown.empty() ? "" : ", ") +
                 ("'" + key + "' (" + in_few_words(value) + base::did_you_mean(key, known) + ")");
    }
    if (unknown.empty()) return;
    throw tensors::FileError(name_ + ": not known and so not obeyed: " + unknown +
                             "; remove what changes nothing, or write null");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw tensors::FileError(name_ + ": " + key + ": " + what);
  }

 private:
  const nlohmann::json* find(const std::string& key) {
    known_.insert(key);
    const auto place = object_.find(key);
    return place == object_.end() || place->is_null() ? nullptr : &*place;
  }

  void check(const std::string& key, const std::string& value, const std::vector<std::string>& choices) const {
    if (std::ranges::count(choices, value) > 0) return;
    fail(key, "expected " + base::listed(choices) + ", found '" + value + "'" + base::did_you_mean(value, choices));
  }

  template <class T>
  void assign(const std::string& key, const nlohmann::json& value, std::optional<T>& target) const {
    T read{};
    assign(key, value, read);
    target = std::move(read);
  }
  template <class T>
  void assign(const std::string& key, const nlohmann::json& value, std::vector<T>& target) const {
    if (!value.is_array()) fail(key, "expected a list, found " + in_few_words(value));
    target.resize(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) assign(key, value[i], target[i]);
  }
  void assign(const std::string& key, const nlohmann::json& value, bool& target) const {
    if (!value.is_boolean()) fail(key, "expected true or false, found " + in_few_words(value));
    target = value.get<bool>();
  }
  void assign(const std::string& key, const nlohmann::json& value, std::int64_t& target) const {
    const auto* large = value.get_ptr<const nlohmann::json::number_unsigned_t*>();
    if (!value.is_number_integer() || (large != nullptr && !std::in_range<std::int64_t>(*large)))
      fail(key, "expected a whole number, found " + in_few_words(value));
    target = value.get<std::int64_t>();
  }
  void assign(const std::string& key, const nlohmann::json& value, double& target) const {
    if (value == "-Infinity") target = -std::numeric_limits<double>::infinity();
    else if (value == "Infinity") target = std::numeric_limits<double>::infinity();
    else if (value.is_number()) target = value.get<double>();
    else fail(key, "expected a number, found " + in_few_words(value));
  }
  void assign(const std::string& key, const nlohmann::json& value, std::string& target) const {
    if (!value.is_string()) fail(key, "expected a text, found " + in_few_words(value));
    target = value.get<std::string>();
  }

  const nlohmann::json& object_;
  std::string name_;
  std::set<std::string> known_{};
};

}  // namespace schedulers
