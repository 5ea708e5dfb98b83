// SPDX-License-Identifier: MIT
#include "models/files/weight_index.h"

#include <nlohmann/json.hpp>

#include "tensors/npz.h"
#include "tensors/safetensors_header.h"

namespace models {

std::map<std::string, std::string> read_weight_index(const std::filesystem::path& index) {
  using tensors::FileError;
  const std::string text = base::read_file(index, "weight-index-bytes");
  base::check_json_depth(text, index.string());
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw FileError(index.string() + ": is not a JSON object with a weight_map");
  std::map<std::string, std::string> pieces;
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    // A name with a folder in it could lead anywhere.
    if (name.empty() || name.find('/') != std::string::npos || name == "..")
      throw FileError(index.string() + ": " + tensors::in_quotes(tensor) + ": expected the name of a file beside it");
    if (!name.ends_with(".safetensors"))
      throw FileError(index.string() + ": " + tensors::in_quotes(name) +
                      " is not a .safetensors file: convert the model to it");
    pieces.emplace(tensor, name);
  }
  if (pieces.empty()) throw FileError(index.string() + ": its weight_map is empty");
  return pieces;
}

}  // namespace models
