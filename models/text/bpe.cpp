// SPDX-License-Identifier: MIT
#include "models/text/bpe.h"

#include <functional>
#include <queue>

namespace models {
namespace {

constexpr std::string_view kEndOfWord = "</w>";
constexpr std::uint32_t kNone = ~std::uint32_t{0};

/// The UTF-8 of the visible character that stands for each byte.
std::array<std::string, 256> visible_bytes() {
  std::array<std::string, 256> table;
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    const unsigned c = visible ? byte : next++;
    if (c < 0x80) table[byte] = {static_cast<char>(c)};
    else table[byte] = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
  }
  return table;
}

/// Characters that stand for no byte are kept as they are: special tokens have such.
std::string bytes_of(std::string_view token, const std::unordered_map<std::string, char>& bytes) {
  const bool ends_word = token.ends_with(kEndOfWord) && token.size() > kEndOfWord.size();
  if (ends_word) token.remove_suffix(kEndOfWord.size());
  std::string text;
  for (std::size_t i = 0; i < token.size();) {
    const std::size_t size = (static_cast<unsigned char>(token[i]) & 0xE0) == 0xC0 ? 2 : 1;
    const std::string character(token.substr(i, size));
    const auto byte = bytes.find(character);
    if (byte != bytes.end()) text += byte->second;
    else text += character;
    i += size;
  }
  return ends_word ? text + ' ' : text;
}

std::uint64_t pair_key(std::uint32_t left, std::uint32_t right) {
  return std::uint64_t{left} << 32 | right;
}

}  // namespace

Bpe::Bpe(const Vocabulary& vocabulary, const Merges& merges, std::int64_t unknown) {
  std::unordered_map<std::string, Symbol> symbols;
  const auto symbol = [&](const std::string& text) {
    const auto [place, is_new] = symbols.emplace(text, static_cast<Symbol>(symbols.size()));
    if (is_new) {
      const auto id = vocabulary.find(text);
      ids_.push_back(id == vocabulary.end() ? unknown : id->second);
    }
    return place->second;
  };
  std::unordered_map<std::string, char> bytes;
  const std::array<std::string, 256> visible = visible_bytes();
  for (std::size_t byte = 0; byte < visible.size(); ++byte) {
    inner_[byte] = symbol(visible[byte]);
    last_[byte] = symbol(visible[byte] + std::string(kEndOfWord));
    bytes.emplace(visible[byte], static_cast<char>(byte));
  }
  merges_.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    merges_[pair_key(symbol(left), symbol(right))] = {static_cast<std::uint32_t>(rank), symbol(left + right)};
  }
  for (const auto& [token, id] : vocabulary) texts_.emplace(id, bytes_of(token, bytes));
}

const Bpe::Merge* Bpe::find(Symbol left, Symbol right) const {
  const auto merge = merges_.find(pair_key(left, right));
  return merge == merges_.end() ? nullptr : &merge->second;
}

const std::string& Bpe::text(std::int64_t id) const {
  static const std::string none;
  const auto found = texts_.find(id);
  return found == texts_.end() ? none : found->second;
}

/// A word as a chain of symbols, and the pairs in it that can be merged.
struct Bpe::Work {
  struct Link {
    Symbol symbol;
    std::uint32_t before, after;  ///< kNone at the ends
  };
  struct Candidate {
    std::uint32_t rank, place;
    Symbol left, right;
    bool operator>(const Candidate& other) const { return std::pair(rank, place) > std::pair(other.rank, other.place); }
  };

  Work(const Bpe& of, std::string_view word) : bpe(of), chain(word.size()) {
    const auto size = static_cast<std::uint32_t>(word.size());
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(word[i]);
      chain[i] = {i + 1 == size ? bpe.last_[byte] : bpe.inner_[byte], i == 0 ? kNone : i - 1,
                  i + 1 == size ? kNone : i + 1};
    }
    for (std::uint32_t i = 0; i < size; ++i) add(i);
  }

  void add(std::uint32_t place) {
    if (place == kNone || chain[place].after == kNone) return;
    const Symbol left = chain[place].symbol, right = chain[chain[place].after].symbol;
    if (const Merge* merge = bpe.find(left, right)) candidates.push({merge->rank, place, left, right});
  }

  /// Merges every pair of the lowest rank. Pairs that come about by it wait for the next round, as in the definition.
  void round() {
    const std::uint32_t rank = candidates.top().rank;
    std::vector<std::uint32_t> merged;
    while (!candidates.empty() && candidates.top().rank == rank) {
      const Candidate c = candidates.top();
      candidates.pop();
      Link& left = chain[c.place];
      // What was a pair when it was found may have been taken apart by a merge beside it.
      if (left.symbol != c.left || left.after == kNone || chain[left.after].symbol != c.right) continue;
      Link& right = chain[left.after];
      left.symbol = bpe.find(c.left, c.right)->result;
      left.after = right.after;
      if (right.after != kNone) chain[right.after].before = c.place;
      right = {kNone, kNone, kNone};
      merged.push_back(c.place);
    }
    for (const std::uint32_t place : merged) {
      add(chain[place].before);
      add(place);
    }
  }

  const Bpe& bpe;
  std::vector<Link> chain;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
};

void Bpe::encode(std::string_view word, std::vector<std::int64_t>& ids) const {
  Work work(*this, word);
  while (!work.candidates.empty()) work.round();
  for (std::uint32_t place = 0; place != kNone; place = work.chain[place].after)
    ids.push_back(ids_[work.chain[place].symbol]);
}

}  // namespace models
