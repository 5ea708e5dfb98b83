// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace models {

/// A regular expression over UTF-8 text, PCRE2's syntax with Unicode's properties. Immutable: one serves all threads.
/// The texts must be valid UTF-8; this is not checked again.
class Pattern {
 public:
  enum class Case { kKept, kIgnored };

  /// Throws std::logic_error for a pattern that PCRE2 does not know: \p{Cased} and its like need PCRE2 10.40.
  explicit Pattern(std::string_view pattern, Case letters = Case::kKept);

  bool is_in(std::string_view text) const;
  /// All matches from left to right; they point into `text`. Throws std::runtime_error when the search takes more steps
  /// than any text that a person writes.
  std::vector<std::string_view> find_all(std::string_view text) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace models
