// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace cli {

/// Whether a process that loads and opens things is alive, told from outside of what it does: libraries know no
/// progress. Signs are a thread that computes or waits for a disk, and pages and blocks that come. A thread that waits
/// for another one that was never started gives neither. Computing alone is a sign six times as long: a loop that
/// never ends computes, too. For one thread.
class SignsOfLife {
 public:
  using Clock = std::chrono::steady_clock;

  /// Forgets what was seen.
  void begin();
  /// To be called a few times a second. Whether there has been no sign for so long.
  bool none_for(std::chrono::milliseconds time);

 private:
  bool begun_ = false;
  long counted_ = 0;
  Clock::time_point worked_{}, moved_{};
};

}  // namespace cli
