// SPDX-License-Identifier: MIT
#include "base/home.h"

#include <cstdlib>

namespace base {

std::string with_home(const std::string& path) {
  if (path != "~" && !path.starts_with("~/")) return path;
  const char* const home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? path : home + path.substr(1);
}

}  // namespace base
