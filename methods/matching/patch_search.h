// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "methods/matching/patch_tree.h"

namespace matching {

/// A patch and how much a query is like it.
struct Found {
  float score = 0;         ///< dot product
  std::int32_t patch = 0;  ///< index
};

/// For each query the `per_query` patches with the greatest dot products, greatest first, of equals the first: what
/// comparing with every patch gives. `queries` is (n, dimensions) and `found` (n, per_query), row-major; per_query at
/// most the tree's count. Vectors of both sides have a norm of at most 1, as what `normalised` makes.
/// Thread-safe; uses AVX2 where the machine has it.
void find_patches(const PatchTree& tree, std::span<const float> queries, std::size_t per_query, std::span<Found> found);

}  // namespace matching
