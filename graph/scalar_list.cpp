// SPDX-License-Identifier: MIT
#include "graph/scalar_list.h"

#include <algorithm>
#include <set>
#include <string>

namespace graph {

namespace {
/// So that no product of a position and a step overflows.
constexpr std::int64_t kLongestStep = 1'000'000'000;
/// Of 100,000 values in a range as wide as this, two agree once in a million runs.
constexpr std::uint64_t kWideRange = (std::uint64_t{1} << 53) - 1;

/// SplitMix64's last step: every bit of the result depends on every bit of x.
/// Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, 2014.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}
}  // namespace

ScalarList ScalarList::endless(std::int64_t first, std::int64_t step, std::int64_t last) {
  ScalarList list;
  list.form_ = Form::kEndless;
  list.first_ = first;
  list.step_ = step;
  const std::uint64_t width = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  // Positions are int64, and position times step stays one.
  list.count_ =
      std::min<std::uint64_t>(width, std::numeric_limits<std::int64_t>::max() - 1) / static_cast<std::uint64_t>(step) +
      1;
  return list;
}

ScalarList ScalarList::drawn(std::uint64_t key, std::int64_t min, std::int64_t max) {
  ScalarList list;
  list.form_ = Form::kDrawn;
  list.key_ = key;
  list.first_ = min;
  list.width_ = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min);
  list.count_ = std::numeric_limits<std::int64_t>::max();
  return list;
}

bool ScalarList::is_wide() const {
  return form_ == Form::kDrawn && width_ >= kWideRange;
}

std::int64_t ScalarList::draw(std::uint64_t i) const {
  const std::uint64_t bits = mixed(key_ + mixed(i + 0x9E3779B97F4A7C15u));
  const std::uint64_t offset = width_ == std::numeric_limits<std::uint64_t>::max() ? bits : bits % (width_ + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(first_) + offset);
}

bool ScalarList::extends_range(const Scalar& value) const {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (!list_.empty() || !number) return false;
  if (count_ == 0) return true;
  std::int64_t step = 0;
  if (__builtin_sub_overflow(*number, std::get<std::int64_t>(back()), &step)) return false;
  return count_ == 1 ? -kLongestStep <= step && step <= kLongestStep : step == step_;
}

void ScalarList::push_back(const Scalar& value) {
  if (extends_range(value)) {
    const std::int64_t number = std::get<std::int64_t>(value);
    if (count_ == 0) first_ = number;
    if (count_ == 1) step_ = number - first_;
    ++count_;
    return;
  }
  for (std::size_t i = 0; i < count_; ++i) list_.emplace_back(first_ + static_cast<std::int64_t>(i) * step_);
  count_ = 0;
  list_.push_back(value);
}

std::optional<Scalar> ScalarList::first_repeat() const {
  if (form_ != Form::kFinite) return std::nullopt;
  if (list_.empty()) return count_ > 1 && step_ == 0 ? std::optional(front()) : std::nullopt;
  std::set<std::string> seen;
  for (const Scalar& value : list_) {
    if (!seen.insert(to_text(value)).second) return value;
  }
  return std::nullopt;
}

}  // namespace graph
