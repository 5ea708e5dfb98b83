// SPDX-License-Identifier: MIT
#pragma once

#include "tests/nodes/fixtures.h"

/// Regions for the tests of the nodes that take them.
namespace nodes {

inline Region made_region(tiling::Region region) {
  if (region.name.empty()) region.name = "regions[0]";
  return {std::make_shared<const tiling::Region>(std::move(region))};
}

inline std::vector<tiling::Region> regions_at(const graph::NodeHarness& node, const std::string& port) {
  std::vector<tiling::Region> all;
  for (const Region* one : node.out<graph::List<Region>>(port).present()) all.push_back(*one->region);
  return all;
}

inline std::vector<std::string> names_of(const std::vector<tiling::Region>& regions) {
  std::vector<std::string> names;
  for (const tiling::Region& one : regions) names.push_back(one.name);
  return names;
}

}  // namespace nodes
