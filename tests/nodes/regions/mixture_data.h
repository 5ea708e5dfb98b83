// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/reference.h"

/// Numbers of the original Mixture of Diffusers: some are in tests/data/mixture, all of them in the larger set.
namespace reference {

/// A file of the set; of a path that is nowhere, where it would be in the smaller set.
inline std::filesystem::path mixture(const std::string& file) {
  const std::filesystem::path here = std::filesystem::path(SOURCE_DIR) / "tests/data/mixture" / file;
  const std::filesystem::path larger = root() / "mixture_of_diffusers" / file;
  return !std::filesystem::exists(here) && std::filesystem::exists(larger) ? larger : here;
}

inline nlohmann::json mixture_json(const std::string& file) {
  std::ifstream text(mixture(file));
  return nlohmann::json::parse(text);
}

}  // namespace reference
