// SPDX-License-Identifier: MIT
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace models {

/// Tokens that are taken out of a text as they are, before words are looked for: special tokens and those of textual
/// inversion. Upper and lower case differ.
class AddedTokens {
 public:
  /// A part of a text: an added token if it has an id, and what lies between them if not. Never empty.
  struct Piece {
    std::string_view text;
    std::optional<std::int64_t> id{};
  };

  /// A name that is there already keeps its id. Empty names are left out.
  void add(const std::string& name, std::int64_t id);
  std::optional<std::int64_t> id(const std::string& name) const;
  const std::string* name(std::int64_t id) const;
  /// The others.
  AddedTokens without(std::int64_t id) const;

  /// Of the tokens that begin at the same place the longest counts; of those that overlap, the first.
  std::vector<Piece> split(std::string_view text) const;

 private:
  std::string_view longest_at(std::string_view text, std::size_t place) const;

  std::map<std::string, std::int64_t, std::less<>> ids_;
  std::vector<std::string> by_length_;  ///< longest first
  std::bitset<256> first_bytes_;
};

}  // namespace models
