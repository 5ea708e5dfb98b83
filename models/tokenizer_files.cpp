// SPDX-License-Identifier: MIT
#include "models/tokenizer_files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;
namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxBytes = 16 << 20;
constexpr std::int64_t kMaxId = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxLength = 4096;
// CLIP's tokenizer takes this many merges of a file, however many there are.
constexpr std::size_t kMaxMerges = 49152 - 256 - 2;

constexpr std::array kTokenKeys = {"bos_token", "eos_token", "unk_token",  "sep_token",
                                   "pad_token", "cls_token", "mask_token", "additional_special_tokens"};
/// Keys that change no id of a prompt: CLIP's slow tokenizer always lowers case and adds no space; the others are for
/// decoding, for saving, or say which class to load.
constexpr std::array kIgnoredKeys = {
    "add_prefix_space",   "added_tokens_decoder", "clean_up_tokenization_spaces",
    "do_lower_case",      "errors",               "model_max_length",
    "name_or_path",       "processor_class",      "special_tokens_map_file",
    "tokenizer_class",    "tokenizer_file",       "use_fast",
    "max_length",         "pad_to_multiple_of",   "pad_token_type_id",
    "stride",             "truncation_strategy",  "model_input_names"};

std::string read_text(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error) throw FileError(file.string() + ": " + error.message());
  if (size > kMaxBytes)
    throw FileError(file.string() + ": is " + std::to_string(size) + " bytes long; a tokenizer's file has at most " +
                    std::to_string(kMaxBytes));
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << stream.rdbuf();
  if (!stream) throw FileError(file.string() + ": cannot be read");
  return text.str();
}

/// An object in which no key of the outermost level is there twice.
json read_object(const fs::path& file) {
  std::set<std::string> keys;
  const auto check = [&](int depth, json::parse_event_t event, const json& value) {
    if (depth == 1 && event == json::parse_event_t::key && !keys.insert(value.get<std::string>()).second)
      throw FileError(file.string() + ": " + value.dump() + " is there twice");
    return true;
  };
  json object;
  try {
    object = json::parse(read_text(file), check);
  } catch (const json::exception& e) {
    throw FileError(file.string() + ": is no JSON: " + e.what());
  }
  if (!object.is_object()) throw FileError(file.string() + ": is no JSON object");
  return object;
}

std::int64_t id_of(const json& value, const std::string& token, const fs::path& file) {
  if (!value.is_number_integer() || value < 0 || value > kMaxId)
    throw FileError(file.string() + ": " + json(token).dump() + ": expected an id from 0 to " + std::to_string(kMaxId) +
                    ", found " + value.dump());
  return value.get<std::int64_t>();
}

Bpe::Vocabulary read_vocabulary(const fs::path& file) {
  Bpe::Vocabulary vocabulary;
  std::unordered_map<std::int64_t, std::string> tokens;
  const json object = read_object(file);
  for (const auto& [token, value] : object.items()) {
    const std::int64_t id = id_of(value, token, file);
    const auto [other, is_new] = tokens.emplace(id, token);
    if (!is_new)
      throw FileError(file.string() + ": " + json(token).dump() + " and " + json(other->second).dump() +
                      " have the same id " + std::to_string(id));
    vocabulary.emplace(token, id);
  }
  if (vocabulary.empty()) throw FileError(file.string() + ": has no tokens");
  return vocabulary;
}

std::string escaped(const std::string& line) {
  return json(line).dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A header line, then two symbols a line.
Bpe::Merges read_merges(const fs::path& file) {
  std::istringstream text(read_text(file));
  Bpe::Merges merges;
  std::set<std::pair<std::string, std::string>> seen;
  std::string line;
  std::size_t number = 1, blank = 0;
  std::getline(text, line);
  for (; std::getline(text, line) && merges.size() < kMaxMerges; ) {
    ++number;
    std::istringstream words(line);
    std::string left, right, more;
    words >> left >> right >> more;
    if (left.empty()) {
      if (blank == 0) blank = number;
      continue;
    }
    const std::string place = file.string() + ":" + std::to_string(blank == 0 ? number : blank) + ": ";
    if (right.empty() || !more.empty() || blank != 0)
      throw FileError(place + "expected two symbols, found " + escaped(blank == 0 ? line : ""));
    if (!seen.emplace(left, right).second) throw FileError(place + escaped(left + " " + right) + " is there twice");
    merges.emplace_back(left, right);
  }
  return merges;
}

/// A token is written as its text, or as an object with flags.
std::string token_text(const json& token, const std::string& key, const fs::path& file) {
  const auto fail = [&](const std::string& what) { throw FileError(file.string() + ": " + key + ": " + what); };
  if (token.is_string()) return token.get<std::string>();
  if (!token.is_object() || !token.contains("content") || !token["content"].is_string())
    fail("expected a token's text or an object with its \"content\", found " + token.dump());
  for (const char* flag : {"lstrip", "rstrip", "single_word"}) {
    const auto found = token.find(flag);
    if (found != token.end() && *found != false) fail(std::string(flag) + " " + found->dump() + " is not supported, only false");
  }
  return token["content"].get<std::string>();
}

/// tokenizer_config.json with what special_tokens_map.json puts in its place. A config that lists its added tokens
/// counts alone.
class Settings {
 public:
  explicit Settings(const fs::path& folder) : file_(folder / "tokenizer_config.json"), object_(read_object(file_)) {
    check_keys();
    if (object_.contains("added_tokens_decoder")) return;
    const fs::path map = folder / "special_tokens_map.json";
    if (fs::exists(map)) override_with(map);
    const fs::path added = folder / "added_tokens.json";
    if (!fs::exists(added)) return;
    for (const auto& [token, id] : read_object(added).items()) added_.emplace_back(token, id_of(id, token, added));
  }

  void add_tokens(TokenizerFiles& files) const {
    if (const auto decoder = object_.find("added_tokens_decoder"); decoder != object_.end()) {
      if (!decoder->is_object()) fail("added_tokens_decoder", "expected an object, found " + decoder->dump());
      for (const auto& [id, token] : decoder->items()) {
        const std::string key = "added_tokens_decoder: " + id;
        if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos)
          fail(key, "expected an id");
        files.added.emplace_back(token_text(token, key, file_), std::stoll(id));
      }
    }
    files.added.insert(files.added.end(), added_.begin(), added_.end());
    for (const char* key : kTokenKeys) {
      const auto found = object_.find(key);
      if (found == object_.end() || found->is_null()) continue;
      const bool is_list = std::string_view(key) == "additional_special_tokens";
      if (is_list && !found->is_array()) fail(key, "expected a list, found " + found->dump());
      for (const json& token : is_list ? *found : json::array({*found}))
        files.added.emplace_back(token_text(token, key, file_), std::nullopt);
    }
  }

  std::string token(const char* key, const std::string& value) const {
    const auto found = object_.find(key);
    if (found == object_.end()) return value;
    if (found->is_null()) fail(key, "is null; expected a token such as \"" + value + "\"");
    return token_text(*found, key, file_);
  }

  std::int64_t max_length() const {
    const auto found = object_.find("model_max_length");
    const json value = found == object_.end() ? json(nullptr) : *found;
    if (!value.is_number_integer() || value < 3 || value > kMaxLength)
      fail("model_max_length", "expected a whole number from 3 to " + std::to_string(kMaxLength) +
                                   ", the text encoder's max_position_embeddings (77 for CLIP); found " + value.dump());
    return value.get<std::int64_t>();
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw FileError(file_.string() + ": " + key + ": " + what);
  }

  void check_keys() const {
    std::string unknown;
    for (const auto& [key, value] : object_.items()) {
      const auto is_key = [&](const char* known) { return key == known; };
      if (value.is_null() || key.starts_with('_') || std::ranges::any_of(kTokenKeys, is_key) ||
          std::ranges::any_of(kIgnoredKeys, is_key))
        continue;
      if ((key == "padding_side" || key == "truncation_side") && value == "right") continue;
      if (key == "split_special_tokens" && value == false) continue;
      if (value.empty() && (key == "extra_special_tokens" || key == "init_inputs")) continue;
      unknown += (unknown.empty() ? "" : ", ") + key + " " + value.dump();
    }
    if (!unknown.empty())
      throw FileError(file_.string() + ": asks for what is not supported: " + unknown + " (it could change the tokens)");
  }

  void override_with(const fs::path& map) {
    const json tokens = read_object(map);
    for (const auto& [key, token] : tokens.items()) {
      if (std::ranges::none_of(kTokenKeys, [&, &name = key](const char* known) { return name == known; }))
        throw FileError(map.string() + ": " + key + " is no kind of token");
      object_[key] = token;
    }
  }

  fs::path file_;
  json object_;
  std::vector<std::pair<std::string, std::optional<std::int64_t>>> added_{};
};

}  // namespace

TokenizerFiles read_tokenizer_files(const fs::path& folder, const std::optional<std::string>& pad_token) {
  const Settings settings(folder);
  TokenizerFiles files;
  files.vocabulary = read_vocabulary(folder / "vocab.json");
  files.merges = read_merges(folder / "merges.txt");
  files.bos = settings.token("bos_token", "<|startoftext|>");
  files.eos = settings.token("eos_token", "<|endoftext|>");
  files.unk = settings.token("unk_token", "<|endoftext|>");
  files.pad = pad_token.value_or(settings.token("pad_token", "<|endoftext|>"));
  files.max_length = settings.max_length();
  settings.add_tokens(files);
  for (const std::string& token : {files.bos, files.eos, files.unk, files.pad})
    files.added.emplace_back(token, std::nullopt);
  return files;
}

}  // namespace models
