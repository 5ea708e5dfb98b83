// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>

namespace imaging {

/// Memory for the length of one computation, in one block where it is not more than was expected: blocks of the same
/// size again and again cost no page faults, many small ones and large ones together do. Not thread-safe.
class Scratch {
 public:
  explicit Scratch(std::size_t expected_bytes) : memory_(expected_bytes) {}

  /// Room for numbers that have no values yet.
  template <class T>
  std::span<T> take(std::size_t count) {
    return {static_cast<T*>(memory_.allocate(count * sizeof(T), kAlignment)), count};
  }

 private:
  static constexpr std::size_t kAlignment = 64;
  std::pmr::monotonic_buffer_resource memory_;
};

}  // namespace imaging
