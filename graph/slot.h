// SPDX-License-Identifier: MIT
#pragma once

#include <any>
#include <utility>

#include "graph/value.h"

namespace graph {

namespace detail {
/// Whether a type travels on links: DECOUPAGE_VALUE names it.
template <class T>
inline constexpr bool kTravels = requires {
  ValueTraits<T>::kName;
};
}  // namespace detail

/// What a node keeps for itself from call to call (Context::slot): an object of one type, or nothing yet. One whose
/// type travels on links can be taken out as a value, and put in as one: for checkpoints. Used by one thread at a time.
class Slot {
 public:
  Slot() = default;
  /// Filled with this when it is first asked for.
  explicit Slot(Value kept) : kept_(std::move(kept)) {}

  /// Made empty, or of the value that it was given, at the first call. Throws std::logic_error for a value of another
  /// type, std::bad_any_cast for an object of another type.
  template <class T>
  T& as() {
    if (!held_.has_value()) fill<T>();
    return std::any_cast<T&>(held_);
  }
  bool empty() const { return !held_.has_value() && kept_.empty(); }
  /// A copy of what it holds; nothing where it is empty or of a type that does not travel on links.
  Value value() const {
    if (!held_.has_value()) return kept_;
    return to_value_ == nullptr ? Value() : to_value_(held_);
  }

 private:
  template <class T>
  void fill() {
    if constexpr (detail::kTravels<T>) {
      if (kept_.empty()) held_.emplace<T>();
      else held_.emplace<T>(std::exchange(kept_, Value()).template as<T>());
      to_value_ = [](const std::any& held) { return Value::of<T>(std::any_cast<const T&>(held)); };
    } else {
      held_.emplace<T>();
    }
  }

  std::any held_;
  Value kept_;
  Value (*to_value_)(const std::any&) = nullptr;
};

}  // namespace graph
