// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tensors {

/// The text of a config file. Throws FileError when it cannot be read or is longer than config-bytes.
std::string config_file_text(const std::filesystem::path& file);

/// Reads the JSON object of a model's or a scheduler's config. Every key must be asked for by someone: a key that
/// nobody knows, with a value that is not null, is an error and not a silence, since it would change the numbers. Keys
/// that begin with '_' are notes. Python's Infinity and -Infinity, which diffusers writes, are numbers.
///
/// All functions throw FileError that names the file, the key, what was expected and what was found. Null counts as
/// absent, where nothing else is said.
class ConfigReader {
 public:
  static ConfigReader read(const std::filesystem::path& file);
  /// `name` stands for the file in messages.
  static ConfigReader parse(const std::string& text, const std::string& name);
  ~ConfigReader();
  ConfigReader(ConfigReader&&) noexcept;
  ConfigReader& operator=(ConfigReader&&) noexcept;

  const std::string& name() const;
  bool has(const std::string& key) const;
  /// The key is there, and null.
  bool is_null(const std::string& key) const;

  /// T is bool, std::int64_t, double, std::string or a vector of one of them. Nothing when the key is absent.
  template <class T>
  std::optional<T> find(const std::string& key);
  template <class T>
  T get(const std::string& key, const T& value) {
    return find<T>(key).value_or(value);
  }
  template <class T>
  T get(const std::string& key);
  /// When the key is absent, the target stays as it is.
  template <class T>
  void take(const std::string& key, T& target) {
    if (auto found = find<T>(key)) target = std::move(*found);
  }
  template <class T>
  void take(const std::string& key, std::optional<T>& target) {
    if (auto found = find<T>(key)) target = std::move(*found);
  }
  /// The same of a text that must be one of these.
  void take(const std::string& key, std::string& target, const std::vector<std::string>& choices);
  void take(const std::string& key, std::optional<std::string>& target, const std::vector<std::string>& choices);

  /// A whole number of 1 or more that some network may have: channels, layers, heads.
  std::int64_t size(const std::string& key, std::int64_t value);
  void check_size(const std::string& key, std::int64_t found) const;
  /// One value for each of n blocks: the file has a list of n or one value for all.
  template <class T>
  std::vector<T> per_block(const std::string& key, std::size_t n, const T& value);
  /// The same, where a block's value may itself be a list: one for each of its layers.
  std::vector<std::vector<std::int64_t>> per_layer(const std::string& key, std::size_t n, std::int64_t value);

  /// The key may be absent or have this value; with any other the file asks for what is not built.
  template <class T>
  void only(const std::string& key, const T& value);
  void only_null(const std::string& key);
  /// Keys that change no number at inference.
  void ignore(const std::vector<std::string>& keys);

  /// Throws for keys that nobody asked for, all of them at once. Call when all have been.
  void finish() const;
  /// Throws FileError: "<file>: <key>: <what>".
  [[noreturn]] void fail(const std::string& key, const std::string& what) const;

 private:
  struct Data;
  explicit ConfigReader(std::unique_ptr<Data> data);
  void check_choice(const std::string& key, const std::string& value, const std::vector<std::string>& choices) const;

  std::unique_ptr<Data> data_;
};

}  // namespace tensors
