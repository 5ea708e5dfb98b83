// SPDX-License-Identifier: MIT
#pragma once

namespace imaging {

/// While one lives, what its thread writes to std::cerr goes nowhere, and other threads' lines are as ever: OpenCV's
/// decoders tell there what they also return.
class Hush {
 public:
  Hush();
  ~Hush();
  Hush(const Hush&) = delete;
  Hush& operator=(const Hush&) = delete;

 private:
  const bool before_;
};

}  // namespace imaging
