// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "graph/scalar.h"

namespace graph {

/// The values of a param, in order. Ints at equal distances (the seeds of a sweep) are kept as a range, so that a
/// million of them take no more room than two. Two lists have no end of their own: a range that goes on, and values
/// that are drawn; neither takes another value.
class ScalarList {
 public:
  ScalarList() = default;
  ScalarList(std::initializer_list<Scalar> values) {
    for (const Scalar& value : values) push_back(value);
  }
  ScalarList(const std::vector<Scalar>& values) {  // NOLINT: a vector of values is a list of values
    for (const Scalar& value : values) push_back(value);
  }

  /// first, first + step, first + 2·step, … as far as `last`. REQUIRES: step > 0, first <= last.
  static ScalarList endless(std::int64_t first, std::int64_t step,
                            std::int64_t last = std::numeric_limits<std::int64_t>::max());
  /// Value i is a hash of `key` and i, in [min, max]: the same wherever it is asked for. REQUIRES: min <= max.
  static ScalarList drawn(std::uint64_t key, std::int64_t min, std::int64_t max);
  bool is_endless() const { return form_ == Form::kEndless; }
  bool is_drawn() const { return form_ == Form::kDrawn; }
  /// Of one that is drawn: whether its range is so wide that no two values of a run are the same.
  bool is_wide() const;
  /// Between two values of a range.
  std::int64_t step() const { return step_; }

  /// REQUIRES: neither endless nor drawn.
  void push_back(const Scalar& value);
  template <class T>
  void emplace_back(T&& value) {
    push_back(Scalar(std::forward<T>(value)));
  }

  /// Of a list without end: how many values it could have.
  std::size_t size() const { return list_.empty() ? count_ : list_.size(); }
  bool empty() const { return size() == 0; }
  Scalar operator[](std::size_t i) const {
    if (!list_.empty()) return list_[i];
    return form_ == Form::kDrawn ? draw(i) : first_ + static_cast<std::int64_t>(i) * step_;
  }
  Scalar front() const { return (*this)[0]; }
  Scalar back() const { return (*this)[size() - 1]; }
  /// The first value that is in it for a second time.
  std::optional<Scalar> first_repeat() const;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Scalar;
    using difference_type = std::ptrdiff_t;
    using pointer = const Scalar*;
    using reference = Scalar;
    Iterator(const ScalarList& list, std::size_t i) : list_(&list), i_(i) {}
    Scalar operator*() const { return (*list_)[i_]; }
    Iterator& operator++() { return ++i_, *this; }
    Iterator operator++(int) { return Iterator(*list_, i_++); }
    bool operator==(const Iterator& other) const { return i_ == other.i_; }

   private:
    const ScalarList* list_;
    std::size_t i_;
  };
  Iterator begin() const { return Iterator(*this, 0); }
  Iterator end() const { return Iterator(*this, size()); }

 private:
  enum class Form { kFinite, kEndless, kDrawn };
  bool extends_range(const Scalar& value) const;
  std::int64_t draw(std::uint64_t i) const;

  Form form_ = Form::kFinite;
  std::vector<Scalar> list_;  ///< when it is not a range
  std::int64_t first_ = 0, step_ = 0;
  std::size_t count_ = 0;    ///< of the range
  std::uint64_t key_ = 0;    ///< of what is drawn, from first_ on
  std::uint64_t width_ = 0;  ///< max − min
};

}  // namespace graph
