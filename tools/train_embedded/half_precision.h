// SPDX-License-Identifier: MIT
#pragma once

namespace train_embedded {

/// Products and convolutions of this thread in bfloat16 while it lives, forward and backward; weights and norms stay
/// float32. A processor with tiles for them (AMX) does both several times as fast.
class HalfPrecision {
 public:
  explicit HalfPrecision(bool wanted);
  /// Weights change at the next step: their copies go.
  ~HalfPrecision();
  HalfPrecision(const HalfPrecision&) = delete;
  HalfPrecision& operator=(const HalfPrecision&) = delete;

 private:
  const bool wanted_;
};

}  // namespace train_embedded
