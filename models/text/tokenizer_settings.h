// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace models {

/// tokenizer_config.json, with what special_tokens_map.json puts in its place and what added_tokens.json adds. A config
/// that lists its added tokens itself (added_tokens_decoder) counts alone. These are transformers' rules.
///
/// All functions throw tensors::FileError that names the file, the key, what was expected and what was found.
class TokenizerSettings {
 public:
  /// `said`: what tokenizer.json says, in the same keys; null where there is none. A tokenizer_config.json goes before
  /// it, and may be missing then.
  TokenizerSettings(const std::filesystem::path& folder, nlohmann::json said,
                    const std::optional<std::string>& pad_token);

  /// The text of the special token `key`; `value` where no file names one.
  std::string token(const std::string& key, const std::string& value) const;
  /// All that are not words, with their ids where a file gives them.
  std::vector<std::pair<std::string, std::optional<std::int64_t>>> added_tokens() const;
  std::int64_t max_length() const;

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& what) const;
  void check_keys() const;
  void override_with(const std::filesystem::path& special_tokens_map);
  std::string token_text(const nlohmann::json& token, const std::string& key) const;

  std::filesystem::path file_;
  nlohmann::json object_;
  std::vector<std::pair<std::string, std::optional<std::int64_t>>> listed_{};  ///< of added_tokens.json
};

}  // namespace models
