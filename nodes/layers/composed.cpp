// SPDX-License-Identifier: MIT
#include "nodes/layers/composed.h"

#include <stdexcept>

namespace nodes {

std::vector<Layer> composed_layers(const graph::List<Layer>& layers) {
  std::vector<Layer> all;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers.has(i) || layers[i].visible.empty())
      throw std::runtime_error("layers[" + std::to_string(i) + "] is not composed: link compose-layers' layers");
    all.push_back(layers[i]);
  }
  if (all.empty()) throw std::runtime_error("there are no layers");
  return all;
}

}  // namespace nodes
