// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tensors/torch.h"

struct XXH3_state_s;

namespace models {

/// XXH3, 64 bits: tells contents apart, not made against forgery. Source: xxHash, doc/xxhash_spec.md.
class ContentHash {
 public:
  ContentHash();
  void add(std::string_view bytes);
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
  /// "xxh3-" and 16 hexadecimal digits. It says how it was made, since files keep it: see same_contents().
  std::string text() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

/// Whether two contents are the same, by texts of ContentHash; nothing when they were not made in the same way: before
/// XXH3 they were 16 digits of FNV-1a alone.
std::optional<bool> same_contents(const std::string& a, const std::string& b);

}  // namespace models
