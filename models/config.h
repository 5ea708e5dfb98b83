// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace models {

/// The text of a config file. Throws tensors::FileError when it cannot be read or is longer than config-bytes.
std::string config_file_text(const std::filesystem::path& file);

/// The JSON object of a config.json. Every key must be read by someone: a key that nobody knows, with a value that is
/// not null, is an error and not a silence, since it would change the numbers. Keys that begin with '_' are notes.
///
/// All functions throw tensors::FileError that names the file, the key, what was expected and what was found.
class Config {
 public:
  static Config read(const std::filesystem::path& file);
  /// `name` stands for the file in messages.
  static Config parse(const std::string& text, const std::string& name);
  ~Config();
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;

  const std::string& name() const;
  /// False for null, too.
  bool has(const std::string& key) const;
  /// The key is there, and null.
  bool is_null(const std::string& key) const;

  /// T is bool, std::int64_t, double, std::string or a vector of one of them. `value` when the key is absent or null.
  template <class T>
  T get(const std::string& key, const T& value);
  template <class T>
  T get(const std::string& key);
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

  /// Throws for keys that were not read, all of them at once. Call when all have been.
  void finish() const;
  /// Throws FileError: "<file>: <key>: <what>".
  [[noreturn]] void fail(const std::string& key, const std::string& what) const;

 private:
  struct Data;
  explicit Config(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

}  // namespace models
