// SPDX-License-Identifier: MIT
#include "nodes/collage/latent_cache.h"

#include "base/output_file.h"
#include "methods/matching/latent_file.h"
#include "nodes/cache_folder.h"
#include "tensors/npz.h"

namespace nodes {
namespace {

/// Of how encode_sources.cpp makes latents: to be changed with the numbers that come out.
constexpr const char* kVersion = "1";

}  // namespace

std::optional<LatentCache> LatentCache::from_environment() {
  const auto folder = cache_folder("latents");
  return folder ? std::optional(LatentCache(*folder / kVersion)) : std::nullopt;
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
