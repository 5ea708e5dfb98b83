// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

/// The cache of the Hugging Face libraries: one folder for each repository, with a folder for each state of it that was
/// downloaded.
namespace models {

/// A repository of the hub: organisation/name, or organisation/name@revision, where a revision is a branch, a tag, a
/// request's ref (refs/pr/1) or the hash of a commit, whole or its beginning.
struct HubId {
  std::string repository{};  ///< "organisation/name", of letters, digits and -_. alone: no way out of the cache
  std::string revision{};    ///< empty: main

  /// Nothing when it is not one.
  static std::optional<HubId> parse(const std::string& text);
};

/// By HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME or HOME; a tilde at their beginning is HOME.
std::filesystem::path hub_cache_folder();

/// The state of the repository that the id means, as it is in the cache. Throws tensors::FileError with the command
/// that downloads it when it is not there.
std::filesystem::path hub_snapshot(const HubId& id, const std::filesystem::path& cache);

}  // namespace models
