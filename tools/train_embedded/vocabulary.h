// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace train_embedded {

/// Learns which neighbours of a list of words to merge, the most frequent first (of equals the first in the alphabet),
/// until every word is one symbol. Source: Sennrich et al. 2016, algorithm 1.
std::vector<std::pair<std::string, std::string>> learn_merges(const std::vector<std::string>& words);

/// Writes vocab.json, merges.txt and what else a folder of CLIP's tokenizer has: 256 bytes, the same as ends of words,
/// the merges, begin and end. Returns the number of tokens.
std::int64_t write_vocabulary(const std::vector<std::pair<std::string, std::string>>& merges,
                              const std::string& pad_token, const std::filesystem::path& folder);

}  // namespace train_embedded
