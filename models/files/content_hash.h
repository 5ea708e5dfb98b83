// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "tensors/torch.h"

namespace models {

/// FNV-1a, 64 bits: tells contents apart, not made against forgery. Source: Fowler, Noll, Vo; RFC 9923.
class ContentHash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  }
  /// With its length, so that two texts one after the other are not another two of the same letters.
  void add_text(std::string_view text) {
    add(std::to_string(text.size()) + ":");
    add(text);
  }
  /// A few bytes from the middle: training changes every tensor that it touches.
  void add_sample(const at::Tensor& tensor) {
    constexpr std::size_t kBytes = 64;
    const std::size_t bytes = tensor.nbytes(), count = bytes < kBytes ? bytes : kBytes;
    add({static_cast<const char*>(tensor.data_ptr()) + (bytes - count) / 2, count});
  }
  /// 16 hexadecimal digits.
  std::string text() const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(state_));
    return digits;
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325;
};

}  // namespace models
