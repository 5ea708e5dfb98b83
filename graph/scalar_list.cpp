// SPDX-License-Identifier: MIT
#include "graph/scalar_list.h"

#include <set>
#include <string>

namespace graph {

namespace {
/// So that no product of a position and a step overflows.
constexpr std::int64_t kLongestStep = 1'000'000'000;
}  // namespace

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
  if (list_.empty()) return count_ > 1 && step_ == 0 ? std::optional(front()) : std::nullopt;
  std::set<std::string> seen;
  for (const Scalar& value : list_) {
    if (!seen.insert(to_text(value)).second) return value;
  }
  return std::nullopt;
}

}  // namespace graph
