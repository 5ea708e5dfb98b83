// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_added.h"

#include <algorithm>

namespace models {

void AddedTokens::add(const std::string& name, std::int64_t id) {
  if (name.empty() || !ids_.emplace(name, id).second) return;
  const auto place = std::ranges::find_if(by_length_, [&](const std::string& n) { return n.size() < name.size(); });
  by_length_.insert(place, name);
  first_bytes_.set(static_cast<unsigned char>(name.front()));
}

std::optional<std::int64_t> AddedTokens::id(const std::string& name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* AddedTokens::name(std::int64_t id) const {
  const auto found = std::ranges::find_if(ids_, [&](const auto& token) { return token.second == id; });
  return found == ids_.end() ? nullptr : &found->first;
}

AddedTokens AddedTokens::without(std::int64_t id) const {
  AddedTokens others;
  for (const auto& [name, of] : ids_)
    if (of != id) others.add(name, of);
  return others;
}

std::string_view AddedTokens::longest_at(std::string_view text, std::size_t place) const {
  if (!first_bytes_.test(static_cast<unsigned char>(text[place]))) return {};
  const std::string_view rest = text.substr(place);
  const auto found = std::ranges::find_if(by_length_, [&](const std::string& name) { return rest.starts_with(name); });
  return found == by_length_.end() ? std::string_view() : rest.substr(0, found->size());
}

std::vector<AddedTokens::Piece> AddedTokens::split(std::string_view text) const {
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  for (std::size_t place = 0; place < text.size();) {
    const std::string_view token = longest_at(text, place);
    if (token.empty()) {
      ++place;
      continue;
    }
    if (begin < place) pieces.push_back({text.substr(begin, place - begin)});
    pieces.push_back({token, ids_.find(token)->second});
    begin = place += token.size();
  }
  if (begin < text.size()) pieces.push_back({text.substr(begin)});
  return pieces;
}

}  // namespace models
