// SPDX-License-Identifier: MIT
#include "nodes/collage/latent_cache.h"

#include <cstdlib>

#include "base/output_file.h"
#include "methods/matching/latent_file.h"
#include "tensors/npz.h"

namespace nodes {
namespace {

/// Of how encode_sources.cpp makes latents: to be changed with the numbers that come out.
constexpr const char* kVersion = "1";

}  // namespace

std::optional<LatentCache> LatentCache::from_environment() {
  const auto below = [](const char* variable, const char* path) -> std::optional<LatentCache> {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return LatentCache(std::filesystem::path(value) / path / kVersion);
  };
  if (std::getenv("DECOUPAGE_CACHE") != nullptr) return below("DECOUPAGE_CACHE", "latents");
  if (auto cache = below("XDG_CACHE_HOME", "decoupage/latents")) return cache;
  return below("HOME", ".cache/decoupage/latents");
}

std::optional<matching::SourceLatent> LatentCache::find(const std::string& name) const {
  std::error_code error;
  if (!std::filesystem::exists(folder_ / name, error)) return std::nullopt;
  try {
    return matching::read_latent_file(folder_ / name);
  } catch (const tensors::FileError&) {
    return std::nullopt;  // it will be made again, and replaced
  }
}

void LatentCache::keep(const std::string& name, const matching::SourceLatent& source) const {
  base::write_output_file(folder_.string(), name, matching::latent_file_bytes(source));
}

}  // namespace nodes
