// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace models {

/// Byte-level byte-pair encoding with an end-of-word mark, as CLIP has it: a word's bytes are symbols; the pair of
/// neighbours that was learned first is merged wherever it stands, from left to right, until no known pair is left.
///
/// In vocabulary and merges a byte is written as one visible character (GPT-2's table: printable Latin-1 stands for
/// itself, the others for U+0100 and following), and "</w>" ends the last symbol of a word. Immutable.
/// Source: Sennrich et al. 2016; Radford et al. 2019 (bytes).
class Bpe {
 public:
  using Vocabulary = std::unordered_map<std::string, std::int64_t>;
  using Merges = std::vector<std::pair<std::string, std::string>>;

  /// `merges` in the order learned. A symbol that the vocabulary lacks has the id `unknown`.
  Bpe(const Vocabulary& vocabulary, const Merges& merges, std::int64_t unknown);

  /// Appends the ids of one word of at least one byte. Takes O(n log n) of the word's length.
  void encode(std::string_view word, std::vector<std::int64_t>& ids) const;

  /// The bytes that a token stands for, with a space where it ends a word; empty for an id that is not of the
  /// vocabulary.
  const std::string& text(std::int64_t id) const;

 private:
  using Symbol = std::uint32_t;
  struct Merge {
    std::uint32_t rank;
    Symbol result;
  };
  struct Work;
  const Merge* find(Symbol left, Symbol right) const;

  std::array<Symbol, 256> inner_{}, last_{};  ///< by byte: within a word, and as its last
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::vector<std::int64_t> ids_;  ///< by symbol
  std::unordered_map<std::int64_t, std::string> texts_;
};

}  // namespace models
