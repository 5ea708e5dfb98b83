// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "graph/scalar.h"

namespace graph {

/// The values of a param, in order. Ints at equal distances (the seeds of a sweep) are kept as a range, so that a
/// million of them take no more room than two.
class ScalarList {
 public:
  ScalarList() = default;
  ScalarList(std::initializer_list<Scalar> values) {
    for (const Scalar& value : values) push_back(value);
  }
  ScalarList(const std::vector<Scalar>& values) {  // NOLINT: a vector of values is a list of values
    for (const Scalar& value : values) push_back(value);
  }

  void push_back(const Scalar& value);
  template <class T>
  void emplace_back(T&& value) {
    push_back(Scalar(std::forward<T>(value)));
  }

  std::size_t size() const { return list_.empty() ? count_ : list_.size(); }
  bool empty() const { return size() == 0; }
  Scalar operator[](std::size_t i) const {
    return list_.empty() ? Scalar(first_ + static_cast<std::int64_t>(i) * step_) : list_[i];
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
  bool extends_range(const Scalar& value) const;

  std::vector<Scalar> list_;  ///< when it is not a range
  std::int64_t first_ = 0, step_ = 0;
  std::size_t count_ = 0;  ///< of the range
};

}  // namespace graph
