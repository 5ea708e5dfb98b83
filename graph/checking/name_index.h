// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace graph::checking {

inline const std::string& name_of(const std::string& name) {
  return name;
}
template <class Named>
const std::string& name_of(const Named& named) {
  return named.name;
}

/// Finds names in lists that stay as they are; long ones are searched by a table.
class NameIndex {
 public:
  /// The place in the list, or -1.
  template <class List>
  int find(const List& list, const std::string& name) {
    constexpr std::size_t kFew = 16;
    if (list.size() <= kFew) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (name_of(list[i]) == name) return static_cast<int>(i);
      }
      return -1;
    }
    auto& table = tables_[&list];
    if (table.empty()) {
      for (std::size_t i = 0; i < list.size(); ++i) table.emplace(name_of(list[i]), static_cast<int>(i));
    }
    const auto found = table.find(name);
    return found == table.end() ? -1 : found->second;
  }

 private:
  std::unordered_map<const void*, std::unordered_map<std::string_view, int>> tables_;
};

}  // namespace graph::checking
