// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_settings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "models/text/tokenizer_json.h"
#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;

constexpr std::int64_t kMaxLength = 4096;
constexpr base::Limit kAddedTokens{"tokenizer-added-tokens"};
constexpr std::string_view kList = "additional_special_tokens";
constexpr std::array<std::string_view, 8> kTokenKeys = {"bos_token", "eos_token", "unk_token",  "sep_token",
                                                        "pad_token", "cls_token", "mask_token", kList};
/// Keys that change no id of a prompt: CLIP's slow tokenizer always lowers case and never adds a space; the others are
/// for decoding, for saving, or say which class to load.
constexpr std::array<std::string_view, 16> kIgnoredKeys = {"add_prefix_space",
                                                           "clean_up_tokenization_spaces",
                                                           "do_lower_case",
                                                           "errors",
                                                           "max_length",
                                                           "model_input_names",
                                                           "name_or_path",
                                                           "pad_to_multiple_of",
                                                           "pad_token_type_id",
                                                           "processor_class",
                                                           "stride",
                                                           "special_tokens_map_file",
                                                           "tokenizer_class",
                                                           "tokenizer_file",
                                                           "use_fast",
                                                           "truncation_strategy"};
constexpr std::array<std::string_view, 2> kReadKeys = {"added_tokens_decoder", "model_max_length"};

bool contains(const auto& keys, std::string_view key) {
  return std::ranges::find(keys, key) != keys.end();
}

bool is_known(const std::string& key, const json& value) {
  if (value.is_null() || key.starts_with('_')) return true;
  if (contains(kTokenKeys, key) || contains(kIgnoredKeys, key) || contains(kReadKeys, key)) return true;
  if (key == "padding_side" || key == "truncation_side") return value == "right";
  if (key == "split_special_tokens") return value == false;
  return value.empty() && (key == "extra_special_tokens" || key == "init_inputs");
}

}  // namespace

TokenizerSettings::TokenizerSettings(const std::filesystem::path& folder, json said,
                                     const std::optional<std::string>& pad_token)
    : file_(folder / "tokenizer_config.json") {
  if (said.is_null() || std::filesystem::exists(file_)) object_ = read_tokenizer_json(file_);
  else file_ = folder / "tokenizer.json";
  check_keys();
  if (object_.is_null()) object_ = json::object();
  for (const auto& [key, value] : said.items()) {
    if (!object_.contains(key) || (key == "model_max_length" && object_[key] > kMaxLength)) object_[key] = value;
  }
  if (!object_.contains("added_tokens_decoder")) {
    const std::filesystem::path map = folder / "special_tokens_map.json", added = folder / "added_tokens.json";
    if (std::filesystem::exists(map)) override_with(map);
    const json tokens = std::filesystem::exists(added) ? read_tokenizer_json(added) : json::object();
    for (const auto& [token, id] : tokens.items()) listed_.emplace_back(token, token_id(id, token, added));
  }
  if (pad_token) object_["pad_token"] = *pad_token;
}

void TokenizerSettings::fail(const std::string& key, const std::string& what) const {
  throw FileError(file_.string() + ": " + key + ": " + what);
}

void TokenizerSettings::check_keys() const {
  std::string unknown;
  for (const auto& [key, value] : object_.items())
    if (!is_known(key, value)) unknown += (unknown.empty() ? "" : ", ") + key + " " + value.dump();
  if (!unknown.empty())
    throw FileError(file_.string() + ": asks for what is not supported: " + unknown + " (it could change the tokens)");
}

void TokenizerSettings::override_with(const std::filesystem::path& special_tokens_map) {
  const json tokens = read_tokenizer_json(special_tokens_map);
  for (const auto& [key, token] : tokens.items()) {
    if (!contains(kTokenKeys, key))
      throw FileError(special_tokens_map.string() + ": " + key + ": is not a kind of token");
    object_[key] = token;
  }
}

/// A token is written as its text, or as an object with flags.
std::string TokenizerSettings::token_text(const json& token, const std::string& key) const {
  if (token.is_string()) return token.get<std::string>();
  if (!token.is_object() || !token.contains("content") || !token["content"].is_string())
    fail(key, "expected a token's text or an object with its \"content\", found " + token.dump());
  for (const char* flag : {"lstrip", "rstrip", "single_word"})
    if (token.contains(flag) && token[flag] != false)
      fail(key, std::string(flag) + " " + token[flag].dump() + " is not supported, only false");
  return token["content"].get<std::string>();
}

std::string TokenizerSettings::token(const std::string& key, const std::string& value) const {
  const auto found = object_.find(key);
  if (found == object_.end()) return value;
  const std::string text = found->is_null() ? "" : token_text(*found, key);
  if (text.empty()) fail(key, "is " + found->dump() + "; expected a token such as " + json(value).dump());
  return text;
}

std::vector<std::pair<std::string, std::optional<std::int64_t>>> TokenizerSettings::added_tokens() const {
  auto added = listed_;
  const json decoder = object_.value("added_tokens_decoder", json::object());
  if (!decoder.is_object()) fail("added_tokens_decoder", "expected an object, found " + decoder.dump());
  for (const auto& [id, token] : decoder.items()) {
    const std::string key = "added_tokens_decoder: " + json(id).dump();
    if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos)
      fail(key, "expected an id");
    added.emplace_back(token_text(token, key), std::stoll(id));
  }
  for (const std::string_view key : kTokenKeys) {
    const auto found = object_.find(std::string(key));
    if (found == object_.end() || found->is_null()) continue;
    if (key == kList && !found->is_array()) fail(std::string(key), "expected a list, found " + found->dump());
    for (const json& token : key == kList ? *found : json::array({*found}))
      added.emplace_back(token_text(token, std::string(key)), std::nullopt);
  }
  if (added.size() > kAddedTokens.most())
    fail("added tokens", "there are " + std::to_string(added.size()) + ", at most " + kAddedTokens.text());
  return added;
}

std::int64_t TokenizerSettings::max_length() const {
  const json value = object_.contains("model_max_length") ? object_["model_max_length"] : json();
  if (!value.is_number_integer() || value < 3 || value > kMaxLength)
    fail("model_max_length", "expected a whole number from 3 to " + std::to_string(kMaxLength) +
                                 ", the text encoder's max_position_embeddings (77 for CLIP); found " + value.dump());
  return value.get<std::int64_t>();
}

}  // namespace models
