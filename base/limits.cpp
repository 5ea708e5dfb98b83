// SPDX-License-Identifier: MIT
#include "base/limits.h"

#include <algorithm>
#include <atomic>
#include <charconv>

namespace base {
namespace {

std::array<std::atomic<std::uint64_t>, kLimits.size()> set_to{};  ///< by row; 0: as usual

std::uint64_t factor_of(char suffix, Unit unit) {
  const std::uint64_t step = unit == Unit::kBytes ? 1024 : 1000;
  switch (suffix) {
    case 'K':
    case 'k':
      return step;
    case 'M':
    case 'm':
      return step * step;
    case 'G':
    case 'g':
      return step * step * step;
    default:
      return 0;
  }
}

/// 0 for any other form, and for 0.
std::uint64_t amount_of(const std::string& text, Unit unit) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || end - rest > 1 || !(number > 0)) return 0;
  const std::uint64_t factor = rest == end ? 1 : factor_of(*rest, unit);
  const double amount = number * static_cast<double>(factor);
  return amount < 9e18 ? static_cast<std::uint64_t>(amount) : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

std::uint64_t Limit::most() const {
  return current(kLimits[row_]);
}

std::string Limit::text(std::uint64_t most) const {
  return amount_text(most, kLimits[row_].unit) + " (--max " + std::string(kLimits[row_].name) +
         "=N sets another limit)";
}

std::string amount_text(std::uint64_t amount, Unit unit) {
  if (unit == Unit::kCount) return std::to_string(amount);
  for (const auto& [size, name] : {std::pair{kGiB, " GiB"}, {kMiB, " MiB"}, {kKiB, " KiB"}}) {
    if (amount >= size && amount % size == 0) return std::to_string(amount / size) + name;
  }
  return std::to_string(amount) + " bytes";
}

std::uint64_t current(const LimitRow& row) {
  const std::uint64_t set = set_to[static_cast<std::size_t>(&row - kLimits.data())];
  return set == 0 ? row.usual : set;
}

void set_limit(std::string_view name, const std::string& amount) {
  const auto row = std::ranges::find(kLimits, name, &LimitRow::name);
  if (row == kLimits.end()) throw std::invalid_argument("there is no limit '" + std::string(name) + "'");
  const std::uint64_t number = amount_of(amount, row->unit);
  if (number == 0) {
    const std::string example = row->unit == Unit::kBytes ? "4096, 64M or 1.5G" : "500, 20K or 1.5M";
    throw std::invalid_argument(std::string(name) + ": expected a number such as " + example + ", got '" + amount +
                                "'");
  }
  if (number > row->highest) {
    throw std::invalid_argument(std::string(name) + ": " + amount + " is more than " +
                                amount_text(row->highest, row->unit) + ", beyond which it cannot be set");
  }
  set_to[static_cast<std::size_t>(row - kLimits.begin())] = number;
}

}  // namespace base
