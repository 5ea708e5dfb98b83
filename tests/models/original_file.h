// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/files/original_keys.h"
#include "tensors/safetensors.h"
#include "tests/reference.h"

/// Checkpoints in other layouts, made of the tiny model by renaming backwards.
namespace original_file {

using Tensors = std::vector<std::pair<std::string, at::Tensor>>;

inline std::filesystem::path mini(const std::string& part) {
  const bool text = part.starts_with("text_encoder");
  return reference::sdxl("mini") / "model" / part /
         (text ? "model.safetensors" : "diffusion_pytorch_model.safetensors");
}

inline Tensors tensors_of(const std::filesystem::path& path) {
  const tensors::SafetensorsFile file(path);
  Tensors all;
  for (const auto& entry : file.entries()) all.emplace_back(entry.name, file.tensor(entry));
  return all;
}

/// The tensors of a network as a file of another layout holds them.
inline void append(Tensors& out, const Tensors& network, const std::string& prefix,
                   const std::function<models::Origins(const std::string&)>& origins) {
  std::map<std::string, std::vector<at::Tensor>> parts;
  for (const auto& [name, tensor] : network) {
    const models::Origins all = origins(name);
    ASSERT_FALSE(all.empty()) << name;
    const models::Origin& origin = all.front();
    at::Tensor there = origin.transposed ? tensor.t() : tensor;
    if (origin.squeezed && there.dim() == 2) there = there.unsqueeze(-1).unsqueeze(-1);
    auto& rows = parts[prefix + origin.key];
    rows.resize(static_cast<std::size_t>(origin.parts));
    rows[static_cast<std::size_t>(origin.part)] = there;
  }
  for (const auto& [key, rows] : parts) out.emplace_back(key, rows.size() == 1 ? rows[0] : at::cat(rows, 0));
}

}  // namespace original_file
