// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/reference.h"

/// Numbers of the original Mixture of Diffusers: some are in tests/data/mixture, all of them where the variable
/// DECOUPAGE_REFERENCE (or -D DECOUPAGE_REFERENCE=DIR when the tests are built) says.
namespace reference {

inline std::filesystem::path mixture() {
  return std::filesystem::path(SOURCE_DIR) / "tests/data/mixture";
}

/// A file of the set; of a path that is nowhere, where it would be in the smaller set.
inline std::filesystem::path mixture(const std::string& file) {
  const char* const given = std::getenv("DECOUPAGE_REFERENCE");
  for (const std::filesystem::path& base :
       {mixture(), std::filesystem::path(given == nullptr ? REFERENCE_DIR : given) / "mixture_of_diffusers"})
    if (std::filesystem::exists(base / file)) return base / file;
  return mixture() / file;
}

inline nlohmann::json mixture_json(const std::string& file) {
  std::ifstream text(mixture(file));
  return nlohmann::json::parse(text);
}

}  // namespace reference
