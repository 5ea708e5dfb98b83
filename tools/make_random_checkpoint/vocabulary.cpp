// SPDX-License-Identifier: MIT
#include <fstream>
#include <stdexcept>
#include <vector>

#include "tools/make_random_checkpoint/checkpoint.h"

namespace make_random_checkpoint {
namespace {

constexpr std::size_t kTokens = 49408, kMerges = kTokens - 2 * 256 - 2;
const std::string kLetters = "etaoinshrdlucmfwypvbgkjqxz";  // the commonest first

std::string utf8(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// A character for every byte, as GPT-2's vocabulary began it: printable ones are themselves, the others come from 256
/// on. Source: Radford et al. 2019, section 2.2.
std::vector<std::string> byte_symbols() {
  std::vector<std::string> symbols, others;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    if (printable) symbols.push_back(utf8(byte));
    else others.push_back(utf8(256 + static_cast<unsigned>(others.size())));
  }
  symbols.insert(symbols.end(), others.begin(), others.end());
  return symbols;
}

/// Pairs of symbols whose combination is a symbol: two letters, three, four, within a word and at its end.
std::vector<std::pair<std::string, std::string>> merges() {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::vector<std::string> stems;
  for (const char c : kLetters) stems.emplace_back(1, c);
  while (true) {
    std::vector<std::string> longer;
    for (const std::string& stem : stems) {
      for (const char c : kLetters) {
        for (const char* end : {"</w>", ""}) {
          if (pairs.size() == kMerges) return pairs;
          pairs.emplace_back(stem, c + std::string(end));
        }
        longer.push_back(stem + c);
      }
    }
    stems = std::move(longer);
  }
}

}  // namespace

void write_json(const std::filesystem::path& file, const nlohmann::ordered_json& json) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  stream << json.dump(2) << '\n';
  stream.close();
  if (!stream) throw std::runtime_error(file.string() + ": cannot be written");
}

void write_vocabulary(const std::filesystem::path& folder, const std::string& pad_token) {
  std::vector<std::string> tokens = byte_symbols();
  for (std::size_t i = 0; i < 256; ++i) tokens.push_back(tokens[i] + "</w>");
  std::string text = "#version: 0.2\n";
  for (const auto& [left, right] : merges()) {
    tokens.push_back(left + right);
    text += left + " " + right + "\n";
  }
  tokens.insert(tokens.end(), {"<|startoftext|>", "<|endoftext|>"});
  nlohmann::json vocabulary;
  for (std::size_t i = 0; i < tokens.size(); ++i) vocabulary[tokens[i]] = i;
  if (vocabulary.size() != kTokens) throw std::logic_error("the vocabulary has a token twice");
  write_json(folder / "vocab.json", vocabulary);
  std::ofstream(folder / "merges.txt", std::ios::binary) << text;
  const nlohmann::ordered_json special{{"bos_token", "<|startoftext|>"},
                                       {"eos_token", "<|endoftext|>"},
                                       {"unk_token", "<|endoftext|>"},
                                       {"pad_token", pad_token}};
  write_json(folder / "special_tokens_map.json", special);
  nlohmann::ordered_json config = special;
  config.update({{"tokenizer_class", "CLIPTokenizer"}, {"model_max_length", 77}, {"do_lower_case", true}});
  write_json(folder / "tokenizer_config.json", config);
}

}  // namespace make_random_checkpoint
