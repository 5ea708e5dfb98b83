// SPDX-License-Identifier: MIT
#include "nodes/cache_folder.h"

#include <cstdlib>

namespace nodes {

std::optional<std::filesystem::path> cache_folder(const std::string& kind) {
  const auto below = [](const char* variable, const std::filesystem::path& path) {
    const char* value = std::getenv(variable);
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional(std::filesystem::path(value) / path);
  };
  if (std::getenv("DECOUPAGE_CACHE") != nullptr) return below("DECOUPAGE_CACHE", kind);
  const auto ours = std::filesystem::path("decoupage") / kind;
  if (auto cache = below("XDG_CACHE_HOME", ours)) return cache;
  return below("HOME", ".cache" / ours);
}

}  // namespace nodes
