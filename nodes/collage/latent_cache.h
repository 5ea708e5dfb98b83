// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "methods/matching/sources.h"

namespace nodes {

/// A folder of latent files that need not be made again. Whoever uses it gets the same with it and without; it may be
/// deleted at any time, and several processes may use it at once.
class LatentCache {
 public:
  explicit LatentCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// cache_folder("latents").
  static std::optional<LatentCache> from_environment();

  /// What was kept by that name; nothing when there is none, or what is there is damaged.
  std::optional<matching::SourceLatent> find(const std::string& name) const;
  /// Whole or not at all. Throws std::runtime_error that names path and reason.
  void keep(const std::string& name, const matching::SourceLatent& source) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace nodes
