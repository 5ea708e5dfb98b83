// SPDX-License-Identifier: MIT
#include "tensors/config_reader.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/names.h"
#include "base/reading.h"
#include "tensors/json.h"
#include "tensors/npz.h"

namespace tensors {
namespace {

using nlohmann::json;

/// Of anything in a network. More is of a damaged file, or of one made to use all memory.
constexpr base::Limit kSize{"network-size"};

/// Python writes Infinity, -Infinity and NaN bare, which JSON has not. They become texts; what stands within quotes is
/// left alone.
std::string quote_python_numbers(const std::string& text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      out += text[i];
      out += text[++i];
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    std::string_view word;
    for (const std::string_view each : {"-Infinity", "Infinity", "NaN"}) {
      if (!quoted && word.empty() && std::string_view(text).substr(i).starts_with(each)) word = each;
    }
    if (word.empty()) {
      out += text[i];
      continue;
    }
    (out += '"').append(word) += '"';
    i += word.size() - 1;
  }
  return out;
}

template <class T>
constexpr bool kIsList = false;
template <class T>
constexpr bool kIsList<std::vector<T>> = true;

template <class T>
bool holds(const json& value) {
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
  else if constexpr (std::is_same_v<T, std::int64_t>) {
    const auto* large = value.get_ptr<const json::number_unsigned_t*>();
    return value.is_number_integer() && (large == nullptr || std::in_range<std::int64_t>(*large));
  } else if constexpr (std::is_same_v<T, double>) {
    return value.is_number() || value == "Infinity" || value == "-Infinity";
  } else if constexpr (std::is_same_v<T, std::string>) return value.is_string();
  else {
    return value.is_array() &&
           std::ranges::all_of(value, [](const json& element) { return holds<typename T::value_type>(element); });
  }
}

/// REQUIRES: holds<T>.
template <class T>
T taken(const json& value) {
  if constexpr (kIsList<T>) {
    T list;
    for (const json& element : value) list.push_back(taken<typename T::value_type>(element));
    return list;
  } else if constexpr (std::is_same_v<T, double>) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (value.is_string()) return value == "Infinity" ? kInfinity : -kInfinity;
    return value.get<double>();
  } else {
    return value.get<T>();
  }
}

template <class T>
std::string expected() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_same_v<T, std::int64_t>) return "a whole number";
  else if constexpr (std::is_same_v<T, double>) return "a number";
  else if constexpr (std::is_same_v<T, std::string>) return "a text";
  else return "a list, each " + expected<typename T::value_type>();
}

/// What is wrong with a value that does not hold T.
template <class T>
std::string mismatch(const json& value) {
  if constexpr (kIsList<T>) {
    const auto wrong =
        std::ranges::find_if(value, [](const json& element) { return !holds<typename T::value_type>(element); });
    if (value.is_array()) return "expected " + expected<T>() + ", found " + in_few_words(*wrong) + " in it";
  }
  return "expected " + expected<T>() + ", found " + in_few_words(value);
}

std::string not_one_each(std::size_t n, std::size_t found) {
  return "expected " + std::to_string(n) + " values, one for each block, found " + std::to_string(found);
}

}  // namespace

struct ConfigReader::Data {
  std::string name;
  json object;
  std::set<std::string> asked;

  /// Null when absent; the key counts as asked for.
  const json* find(const std::string& key) {
    asked.insert(key);
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
};

ConfigReader::ConfigReader(std::unique_ptr<Data> data) : data_(std::move(data)) {}
ConfigReader::~ConfigReader() = default;
ConfigReader::ConfigReader(ConfigReader&&) noexcept = default;
ConfigReader& ConfigReader::operator=(ConfigReader&&) noexcept = default;

std::string config_file_text(const std::filesystem::path& file) {
  return base::read_file(file, "config-bytes");
}

ConfigReader ConfigReader::read(const std::filesystem::path& file) {
  return parse(config_file_text(file), file.string());
}

ConfigReader ConfigReader::parse(const std::string& text, const std::string& name) {
  auto data = std::make_unique<Data>();
  data->name = name;
  data->object = parse_object(quote_python_numbers(text), name);
  return ConfigReader(std::move(data));
}

const std::string& ConfigReader::name() const {
  return data_->name;
}

bool ConfigReader::has(const std::string& key) const {
  const auto found = data_->object.find(key);
  return found != data_->object.end() && !found->is_null();
}

bool ConfigReader::is_null(const std::string& key) const {
  const auto found = data_->object.find(key);
  return found != data_->object.end() && found->is_null();
}

void ConfigReader::fail(const std::string& key, const std::string& what) const {
  throw FileError(data_->name + ": " + key + ": " + what);
}

template <class T>
std::optional<T> ConfigReader::find(const std::string& key) {
  const json* const found = data_->find(key);
  if (found == nullptr) return std::nullopt;
  if (!holds<T>(*found)) fail(key, mismatch<T>(*found));
  return taken<T>(*found);
}

template <class T>
T ConfigReader::get(const std::string& key) {
  auto found = find<T>(key);
  if (!found) fail(key, "is missing; expected " + expected<T>());
  return std::move(*found);
}

void ConfigReader::take(const std::string& key, std::string& target, const std::vector<std::string>& choices) {
  take(key, target);
  check_choice(key, target, choices);
}

void ConfigReader::take(const std::string& key, std::optional<std::string>& target,
                        const std::vector<std::string>& choices) {
  take(key, target);
  if (target) check_choice(key, *target, choices);
}

void ConfigReader::check_choice(const std::string& key, const std::string& value,
                                const std::vector<std::string>& choices) const {
  if (std::ranges::count(choices, value) > 0) return;
  fail(key, "expected " + base::listed(choices) + ", found '" + value + "'" + base::did_you_mean(value, choices));
}

std::int64_t ConfigReader::size(const std::string& key, std::int64_t value) {
  const auto found = get<std::int64_t>(key, value);
  check_size(key, found);
  return found;
}

void ConfigReader::check_size(const std::string& key, std::int64_t found) const {
  const auto most = static_cast<std::int64_t>(kSize.most());
  if (found >= 1 && found <= most) return;
  const std::string range = "expected 1 to " + (found < 1 ? std::to_string(most) : kSize.text());
  fail(key, range + ", found " + std::to_string(found));
}

template <class T>
std::vector<T> ConfigReader::per_block(const std::string& key, std::size_t n, const T& value) {
  const json* const found = data_->find(key);
  if (found == nullptr || !found->is_array()) return std::vector<T>(n, get<T>(key, value));
  auto values = get<std::vector<T>>(key);
  if (values.size() != n) fail(key, not_one_each(n, values.size()));
  return values;
}

std::vector<std::vector<std::int64_t>> ConfigReader::per_layer(const std::string& key, std::size_t n,
                                                               std::int64_t value) {
  const json* const found = data_->find(key);
  std::vector<std::vector<std::int64_t>> values;
  if (found == nullptr || !found->is_array()) {
    values.assign(n, {get<std::int64_t>(key, value)});
    return values;
  }
  if (found->size() != n) fail(key, not_one_each(n, found->size()));
  for (const json& entry : *found) {
    if (holds<std::int64_t>(entry)) values.push_back({taken<std::int64_t>(entry)});
    else if (holds<std::vector<std::int64_t>>(entry)) values.push_back(taken<std::vector<std::int64_t>>(entry));
    else fail(key, "expected whole numbers or lists of them, found " + in_few_words(entry) + " in it");
  }
  return values;
}

template <class T>
void ConfigReader::only(const std::string& key, const T& value) {
  const auto found = find<T>(key);
  if (found && *found != value) fail(key, json(*found).dump() + " is not supported, only " + json(value).dump());
}

void ConfigReader::only_null(const std::string& key) {
  if (const json* found = data_->find(key)) fail(key, in_few_words(*found) + " is not supported, only null");
}

void ConfigReader::ignore(const std::vector<std::string>& keys) {
  data_->asked.insert(keys.begin(), keys.end());
}

void ConfigReader::finish() const {
  const std::vector<std::string> known(data_->asked.begin(), data_->asked.end());
  std::vector<std::string> unknown;
  for (const auto& [key, value] : data_->object.items()) {
    if (value.is_null() || key.starts_with('_') || data_->asked.contains(key)) continue;
    unknown.push_back(key + " " + in_few_words(value) + base::did_you_mean(key, known));
  }
  if (unknown.empty()) return;
  throw FileError(data_->name + ": asks for what is not supported: " + base::joined(unknown) +
                  " (each may change the numbers; remove what does not, or write null)");
}

#define DECOUPAGE_CONFIG_TYPE(T)                                       \
  template std::optional<T> ConfigReader::find<T>(const std::string&); \
  template T ConfigReader::get<T>(const std::string&);                 \
  template void ConfigReader::only<T>(const std::string&, const T&)
#define DECOUPAGE_CONFIG_TYPES(T)        \
  DECOUPAGE_CONFIG_TYPE(T);              \
  DECOUPAGE_CONFIG_TYPE(std::vector<T>); \
  template std::vector<T> ConfigReader::per_block<T>(const std::string&, std::size_t, const T&)
DECOUPAGE_CONFIG_TYPES(bool);
DECOUPAGE_CONFIG_TYPES(std::int64_t);
DECOUPAGE_CONFIG_TYPES(double);
DECOUPAGE_CONFIG_TYPES(std::string);

}  // namespace tensors
