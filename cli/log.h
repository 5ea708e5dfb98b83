// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace cli {

/// Where the libraries' log goes while this lives: each line to `print`. Warnings alone, or with `verbose` also what
/// the engine opens and runs, and how long that took.
class LogTo {
 public:
  LogTo(std::function<void(const std::string&)> print, bool verbose);
  ~LogTo();
  LogTo(const LogTo&) = delete;
  LogTo& operator=(const LogTo&) = delete;
};

}  // namespace cli
