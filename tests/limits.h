// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>

#include "base/limits.h"

namespace testing_limits {

/// A limit that is another one while this lives.
class WithLimit {
 public:
  WithLimit(const char* name, const std::string& amount) : name_(name) { base::set_limit(name_, amount); }
  ~WithLimit() {
    const auto row = std::ranges::find(base::kLimits, name_, &base::LimitRow::name);
    base::set_limit(name_, std::to_string(row->usual));
  }
  WithLimit(const WithLimit&) = delete;
  WithLimit& operator=(const WithLimit&) = delete;

 private:
  const std::string_view name_;
};

}  // namespace testing_limits
