// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace nodes {

/// Where nodes keep what need not be made again, of one kind ("latents"): KIND/ below $DECOUPAGE_CACHE, else
/// decoupage/KIND/ below $XDG_CACHE_HOME or ~/.cache. None when DECOUPAGE_CACHE is empty, or nothing says where.
std::optional<std::filesystem::path> cache_folder(const std::string& kind);

}  // namespace nodes
