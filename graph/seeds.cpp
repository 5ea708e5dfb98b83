// SPDX-License-Identifier: MIT
#include "graph/seeds.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace graph {
namespace {

constexpr const char* kDigits = "0123456789";

/// Digits as they are, or those of the int of the same 64 bits.
std::string signed_digits(std::string_view digits, const std::string& text) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::result_out_of_range) {
    throw std::invalid_argument("expected a seed in [-9223372036854775808, 18446744073709551615], or random, got '" +
                                text + "'");
  }
  if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::string(digits);
  return std::to_string(static_cast<std::int64_t>(number));
}

}  // namespace

bool is_seed_name(std::string_view name) {
  return name == "seed" || name.ends_with("_seed") || name.ends_with("-seed") || name.ends_with(".seed");
}

std::string seed_text(std::string_view name, Kind kind, const Range& range, const std::string& text) {
  if (kind != Kind::kInt || range.min || range.max || !is_seed_name(name)) return text;
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = text.find_first_of(kDigits, at);
    if (from == text.npos) return result + text.substr(at);
    const std::size_t end = std::min(text.find_first_not_of(kDigits, from), text.size());
    // "-18446744073709551615" and "1e18446744073709551615" are no seeds, and are refused as they stand.
    const bool alone = from == 0 || text[from - 1] == ',' || text[from - 1] == ' ' || text[from - 1] == '.' ||
                       text[from - 1] == '+' || text[from - 1] == '[';
    const std::string digits = text.substr(from, end - from);
    result += text.substr(at, from - at) + (alone ? signed_digits(digits, text) : digits);
    at = end;
  }
  return result;
}

}  // namespace graph
