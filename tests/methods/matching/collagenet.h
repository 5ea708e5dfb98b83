// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tensors/npz.h"

/// Numbers computed with the original CollageNet: tests/data/collagenet/README.md describes every file.
namespace collagenet {

inline std::filesystem::path data(const std::string& name) {
  return std::filesystem::path(SOURCE_DIR) / "tests/data/collagenet" / name;
}

/// expected/NAME.npz
inline tensors::Npz arrays(const std::string& name) {
  return tensors::read_npz(data("expected/" + name + ".npz"));
}

/// expected/NAME.json
inline nlohmann::json settings(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(data("expected/" + name + ".json")));
}

}  // namespace collagenet
