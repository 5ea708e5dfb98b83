// SPDX-License-Identifier: MIT
#include "models/config.h"

#include <algorithm>
#include <set>

#include "models/json.h"
#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;

/// Of anything in a network. More is of a damaged file, or of one made to use all memory.
constexpr base::Limit kSize{"network-size"};

template <class T>
bool holds(const json& value) {
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
  else if constexpr (std::is_same_v<T, std::int64_t>) {
    const auto* large = value.get_ptr<const json::number_unsigned_t*>();
    return value.is_number_integer() && (large == nullptr || std::in_range<std::int64_t>(*large));
  } else if constexpr (std::is_same_v<T, double>) return value.is_number();
  else if constexpr (std::is_same_v<T, std::string>) return value.is_string();
  else {
    return value.is_array() &&
           std::ranges::all_of(value, [](const json& element) { return holds<typename T::value_type>(element); });
  }
}

template <class T>
std::string kind() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_same_v<T, std::int64_t>) return "a whole number";
  else if constexpr (std::is_same_v<T, double>) return "a number";
  else if constexpr (std::is_same_v<T, std::string>) return "a text";
  else return "a list, each " + kind<typename T::value_type>();
}

}  // namespace

struct Config::Data {
  std::string name;
  json object;
  std::set<std::string> read;

  /// Null when absent; marks the key as read.
  const json* find(const std::string& key) {
    read.insert(key);
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
};

Config::Config(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Config::~Config() = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;

std::string config_file_text(const std::filesystem::path& file) {
  return base::read_file(file, "config-bytes");
}

Config Config::read(const std::filesystem::path& file) {
  return parse(config_file_text(file), file.string());
}

Config Config::parse(const std::string& text, const std::string& name) {
  auto data = std::make_unique<Data>();
  data->name = name;
  data->object = parse_object(text, name);
  return Config(std::move(data));
}

const std::string& Config::name() const {
  return data_->name;
}

bool Config::has(const std::string& key) const {
  const auto found = data_->object.find(key);
  return found != data_->object.end() && !found->is_null();
}

bool Config::is_null(const std::string& key) const {
  const auto found = data_->object.find(key);
  return found != data_->object.end() && found->is_null();
}

void Config::fail(const std::string& key, const std::string& what) const {
  throw tensors::FileError(data_->name + ": " + key + ": " + what);
}

template <class T>
T Config::get(const std::string& key, const T& value) {
  return data_->find(key) == nullptr ? value : get<T>(key);
}

template <class T>
T Config::get(const std::string& key) {
  const json* found = data_->find(key);
  if (found == nullptr) fail(key, "is missing; expected " + kind<T>());
  if (!holds<T>(*found)) fail(key, "expected " + kind<T>() + ", found " + found->dump());
  return found->get<T>();
}

std::int64_t Config::size(const std::string& key, std::int64_t value) {
  const auto found = get<std::int64_t>(key, value);
  check_size(key, found);
  return found;
}

void Config::check_size(const std::string& key, std::int64_t found) const {
  const auto most = static_cast<std::int64_t>(kSize.most());
  if (found >= 1 && found <= most) return;
  const std::string range = "expected 1 to " + (found < 1 ? std::to_string(most) : kSize.text());
  fail(key, range + ", found " + std::to_string(found));
}

template <class T>
std::vector<T> Config::per_block(const std::string& key, std::size_t n, const T& value) {
  const json* found = data_->find(key);
  if (found == nullptr || !found->is_array()) return std::vector<T>(n, found == nullptr ? value : get<T>(key));
  auto values = get<std::vector<T>>(key);
  if (values.size() != n)
    fail(key, "expected " + std::to_string(n) + " values, one for each block, found " + std::to_string(values.size()));
  return values;
}

std::vector<std::vector<std::int64_t>> Config::per_layer(const std::string& key, std::size_t n, std::int64_t value) {
  const json* found = data_->find(key);
  if (found == nullptr || !found->is_array()) {
    return std::vector<std::vector<std::int64_t>>(n, {found == nullptr ? value : get<std::int64_t>(key)});
  }
  if (found->size() != n)
    fail(key, "expected " + std::to_string(n) + " values, one for each block, found " + std::to_string(found->size()));
  std::vector<std::vector<std::int64_t>> values;
  for (const json& entry : *found) {
    if (holds<std::int64_t>(entry)) values.push_back({entry.get<std::int64_t>()});
    else if (holds<std::vector<std::int64_t>>(entry)) values.push_back(entry.get<std::vector<std::int64_t>>());
    else fail(key, "expected whole numbers or lists of them, found " + found->dump());
  }
  return values;
}

template <class T>
void Config::only(const std::string& key, const T& value) {
  if (data_->find(key) == nullptr) return;
  const T found = get<T>(key);
  if (found != value) fail(key, json(found).dump() + " is not supported, only " + json(value).dump());
}

void Config::only_null(const std::string& key) {
  if (const json* found = data_->find(key)) fail(key, found->dump() + " is not supported, only null");
}

void Config::ignore(const std::vector<std::string>& keys) {
  data_->read.insert(keys.begin(), keys.end());
}

void Config::finish() const {
  std::string unknown;
  for (const auto& [key, value] : data_->object.items()) {
    if (value.is_null() || key.starts_with('_') || data_->read.contains(key)) continue;
    unknown += (unknown.empty() ? "" : ", ") + key;
  }
  if (!unknown.empty())
    throw tensors::FileError(data_->name + ": asks for what is not supported: " + unknown +
                             " (each would change the numbers)");
}

#define DECOUPAGE_CONFIG_TYPE(T)                           \
  template T Config::get<T>(const std::string&, const T&); \
  template T Config::get<T>(const std::string&);           \
  template void Config::only<T>(const std::string&, const T&)
#define DECOUPAGE_CONFIG_TYPES(T)        \
  DECOUPAGE_CONFIG_TYPE(T);              \
  DECOUPAGE_CONFIG_TYPE(std::vector<T>); \
  template std::vector<T> Config::per_block<T>(const std::string&, std::size_t, const T&)
DECOUPAGE_CONFIG_TYPES(bool);
DECOUPAGE_CONFIG_TYPES(std::int64_t);
DECOUPAGE_CONFIG_TYPES(double);
DECOUPAGE_CONFIG_TYPES(std::string);

}  // namespace models
