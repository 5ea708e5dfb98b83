// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_files.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "models/text/tokenizer_json.h"
#include "models/text/tokenizer_settings.h"
#include "models/text/tokenizer_whole.h"
#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;

// CLIP's tokenizer takes this many merges of a file, however many there are.
constexpr std::size_t kMaxMerges = 49152 - 256 - 2;

Bpe::Vocabulary vocabulary_of(const json& object, const std::filesystem::path& file) {
  Bpe::Vocabulary vocabulary;
  std::unordered_map<std::int64_t, std::string> tokens;
  for (const auto& [token, value] : object.items()) {
    const std::int64_t id = token_id(value, token, file);
    const auto [other, is_new] = tokens.emplace(id, token);
    if (!is_new)
      throw FileError(file.string() + ": " + json(other->second).dump() + " and " + json(token).dump() +
                      " have the same id " + std::to_string(id));
    vocabulary.emplace(token, id);
  }
  if (vocabulary.empty()) throw FileError(file.string() + ": has no tokens");
  return vocabulary;
}

/// The lines of a text without their ends, and without what is blank after the last.
std::vector<std::string_view> lines_of(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// A header line, then two symbols with a space between them per line, those that were learned first first.
Bpe::Merges read_merges(const std::filesystem::path& file) {
  const std::string text = read_tokenizer_text(file);
  const std::vector<std::string_view> lines = lines_of(text);
  Bpe::Merges merges;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 1; i < lines.size() && merges.size() < kMaxMerges; ++i) {
    const std::string_view line = lines[i];
    const auto fail = [&](const std::string& what) {
      throw FileError(file.string() + ":" + std::to_string(i + 1) + ": " + what);
    };
    const auto found = [&] { return json(line).dump(-1, ' ', false, json::error_handler_t::replace); };
    const std::size_t space = line.find(' ');
    if (space == 0 || space == std::string_view::npos || space + 1 == line.size() ||
        line.find_first_of(" \t", space + 1) != std::string_view::npos)
      fail("expected two symbols with a space between them, found " + found());
    if (!seen.insert(line).second) fail(found() + " is there twice");
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

}  // namespace

TokenizerFiles read_tokenizer_files(const std::filesystem::path& folder, const std::optional<std::string>& pad_token,
                                    std::int64_t max_length) {
  TokenizerFiles files;
  json said;
  if (has_whole_tokenizer(folder)) {
    const std::filesystem::path file = folder / "tokenizer.json";
    WholeTokenizer whole = read_whole_tokenizer(file);
    files.vocabulary = vocabulary_of(whole.vocabulary, file);
    files.merges = std::move(whole.merges);
    if (files.merges.size() > kMaxMerges) files.merges.resize(kMaxMerges);
    said = std::move(whole.settings);
    if (!said.contains("model_max_length")) said["model_max_length"] = max_length;
  } else {
    files.vocabulary = vocabulary_of(read_tokenizer_json(folder / "vocab.json"), folder / "vocab.json");
    files.merges = read_merges(folder / "merges.txt");
  }
  const TokenizerSettings settings(folder, std::move(said), pad_token);
  files.max_length = settings.max_length();
  files.bos = settings.token("bos_token", "<|startoftext|>");
  files.eos = settings.token("eos_token", "<|endoftext|>");
  files.unk = settings.token("unk_token", "<|endoftext|>");
  files.pad = settings.token("pad_token", "<|endoftext|>");
  files.added = settings.added_tokens();
  for (const std::string& token : {files.bos, files.eos, files.unk, files.pad})
    files.added.emplace_back(token, std::nullopt);
  return files;
}

}  // namespace models
