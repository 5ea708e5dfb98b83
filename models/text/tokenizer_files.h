// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/text/bpe.h"

namespace models {

/// What a tokenizer folder of diffusers' layout says.
struct TokenizerFiles {
  Bpe::Vocabulary vocabulary{};
  Bpe::Merges merges{};
  std::string bos{}, eos{}, unk{}, pad{};  ///< begin, end, unknown and padding token
  /// All tokens that are taken out of texts as they are, the four above among them; an id where a file gives one.
  std::vector<std::pair<std::string, std::optional<std::int64_t>>> added{};
  std::int64_t max_length = 0;  ///< tokens of a padded prompt, begin and end included
};

/// Reads vocab.json, merges.txt, tokenizer_config.json and, where they are there and count, special_tokens_map.json and
/// added_tokens.json; or tokenizer.json, where it stands for the first two, and alone where it stands for all.
/// `pad_token` overrides the files' own. `max_length` counts where tokenizer.json does not say how long a prompt is.
///
/// Throws tensors::FileError: a file missing, longer than 16 MiB, no JSON, an entry that is malformed or there twice
/// (with its line or name), a setting that is not supported.
TokenizerFiles read_tokenizer_files(const std::filesystem::path& folder, const std::optional<std::string>& pad_token,
                                    std::int64_t max_length);

}  // namespace models
