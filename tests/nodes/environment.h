// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

/// Sets variables of the environment, and puts back what was there.
class Environment {
 public:
  void set(const std::string& name, const char* value) {
    const char* now = std::getenv(name.c_str());
    before_.try_emplace(name, now == nullptr ? std::nullopt : std::optional<std::string>(now));
    if (value == nullptr) unsetenv(name.c_str());
    else setenv(name.c_str(), value, 1);
  }
  ~Environment() {
    for (const auto& [name, value] : before_) {
      if (value) setenv(name.c_str(), value->c_str(), 1);
      else unsetenv(name.c_str());
    }
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};
