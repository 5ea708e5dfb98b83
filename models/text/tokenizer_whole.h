// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/text/bpe.h"

namespace models {

/// A tokenizer in one file, tokenizer.json, as the library tokenizers writes it.
struct WholeTokenizer {
  nlohmann::json vocabulary{};  ///< an object, token → id
  Bpe::Merges merges{};
  /// What the file says of special tokens and lengths, in tokenizer_config.json's words: bos_token, eos_token,
  /// unk_token, pad_token, model_max_length, added_tokens_decoder, each where it is said.
  nlohmann::json settings{};
};

/// Whether a tokenizer's folder has it whole in tokenizer.json, and not in vocab.json and merges.txt.
bool has_whole_tokenizer(const std::filesystem::path& folder);

/// Throws tensors::FileError: a file that cannot be read, no JSON, longer than 16 MiB, an entry that is malformed or
/// there twice, and a tokenizer that is not of CLIP's kind: byte-level BPE over small letters with </w> behind words.
WholeTokenizer read_whole_tokenizer(const std::filesystem::path& file);

}  // namespace models
