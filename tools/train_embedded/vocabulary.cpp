// SPDX-License-Identifier: MIT
#include "tools/train_embedded/vocabulary.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/scene.h"
#include "tools/train_embedded/stages.h"

namespace train_embedded {
namespace {

using Merges = std::vector<std::pair<std::string, std::string>>;
using nlohmann::ordered_json;

std::string utf8(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// A visible character for each byte, those that are visible themselves first. Source: Radford et al. 2019.
std::vector<std::string> byte_symbols() {
  std::vector<std::string> visible, others;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    if (printable) visible.push_back(utf8(byte));
    else others.push_back(utf8(256 + static_cast<unsigned>(others.size())));
  }
  visible.insert(visible.end(), others.begin(), others.end());
  return visible;
}

std::vector<std::string> letters(const std::string& word) {
  std::vector<std::string> symbols;
  for (const char c : word) symbols.emplace_back(1, c);
  symbols.back() += "</w>";
  return symbols;
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) throw std::runtime_error(file.string() + ": cannot be written");
}

void merge(std::vector<std::string>& symbols, const std::pair<std::string, std::string>& pair) {
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
    if (symbols[i] != pair.first || symbols[i + 1] != pair.second) continue;
    symbols[i] += symbols[i + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

}  // namespace

Merges learn_merges(const std::vector<std::string>& words) {
  std::map<std::string, std::int64_t> counts;
  for (const std::string& word : words) ++counts[word];
  std::vector<std::pair<std::vector<std::string>, std::int64_t>> split;
  for (const auto& [word, count] : counts) split.emplace_back(letters(word), count);
  Merges merges;
  while (true) {
    std::map<std::pair<std::string, std::string>, std::int64_t> pairs;
    for (const auto& [symbols, count] : split)
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) pairs[{symbols[i], symbols[i + 1]}] += count;
    if (pairs.empty()) return merges;
    auto best = pairs.begin();
    for (auto pair = pairs.begin(); pair != pairs.end(); ++pair)
      if (pair->second > best->second) best = pair;
    merges.push_back(best->first);
    for (auto& [symbols, count] : split) merge(symbols, best->first);
  }
}

std::int64_t write_vocabulary(const Merges& merges, const std::string& pad_token, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::vector<std::string> tokens = byte_symbols();
  for (std::size_t i = 0; i < 256; ++i) tokens.push_back(tokens[i] + "</w>");
  std::string text = "#version: 0.2\n";
  for (const auto& [left, right] : merges) {
    tokens.push_back(left + right);
    text += left + ' ' + right + '\n';
  }
  tokens.insert(tokens.end(), {"<|startoftext|>", "<|endoftext|>"});
  ordered_json vocabulary;
  for (std::size_t i = 0; i < tokens.size(); ++i) vocabulary[tokens[i]] = i;
  if (vocabulary.size() != tokens.size()) throw std::logic_error("the vocabulary has a token twice");
  const ordered_json special{{"bos_token", "<|startoftext|>"},
                             {"eos_token", "<|endoftext|>"},
                             {"unk_token", "<|endoftext|>"},
                             {"pad_token", pad_token}};
  ordered_json config = special;
  config.update({{"tokenizer_class", "CLIPTokenizer"}, {"model_max_length", kPromptLength}, {"do_lower_case", true}});
  write(folder / "vocab.json", vocabulary.dump(0) + '\n');
  write(folder / "merges.txt", text);
  write(folder / "special_tokens_map.json", special.dump(2) + '\n');
  write(folder / "tokenizer_config.json", config.dump(2) + '\n');
  return static_cast<std::int64_t>(tokens.size());
}

void learn_vocabulary(const Run& run) {
  const Merges merges = learn_merges(caption_words());
  write_vocabulary(merges, "<|endoftext|>", run.work / "tokenizer");
  write_vocabulary(merges, "!", run.work / "tokenizer_2");
}

}  // namespace train_embedded
