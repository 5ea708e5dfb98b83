// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "imaging/regions/grid_edges.h"

namespace imaging {

/// The bits of a float that is not negative order as it does: weights are compared as such whole numbers.
inline std::int32_t key_of(float weight) {
  return std::bit_cast<std::int32_t>(weight);
}

/// An edge and its weight, in eight bytes that order as edges do: by weight in single precision, direction, cell.
struct OrderedEdge {
  std::uint64_t bits;

  std::int32_t key() const { return static_cast<std::int32_t>(bits >> 32); }
  int direction() const { return static_cast<int>(bits >> 30) & 3; }
  std::int32_t cell() const { return static_cast<std::int32_t>(bits & 0x3fffffff); }
};

/// The edges of a grid in ascending order of their weights, sorted a range of weights at a time, so that edges that
/// cannot matter any more when their range comes are never sorted (Osipov, Sanders and Singler 2009: filter-Kruskal).
class EdgeOrder {
 public:
  static constexpr std::int32_t kEnd = 0x7f800000;  ///< the key of what is not an edge: above every edge's

  /// What stands at a cell when edges are filtered: the root of its set, and whether that set is at rest.
  using Tag = std::int32_t;
  static Tag tag(std::int32_t root, bool at_rest) { return at_rest ? root - 0x7fffffff - 1 : root; }
  /// Edges are left out inside a set, and where an end is at rest, or where both are.
  enum class Rest { kEither, kBoth };

  /// REQUIRES: edges and scratch outlive this; at most 2³⁰ − 1 cells.
  EdgeOrder(const GridEdges& edges, Scratch& scratch);

  /// The key at which a range ends that begins at `from` and has about `count` edges.
  std::int32_t end_of(std::int32_t from, std::size_t count) const;

  /// The edges with from ≤ key < to, in order of their weights in double precision; ties by direction, then cell.
  /// Valid until the next call.
  std::span<const OrderedEdge> take(std::int32_t from, std::int32_t to, std::span<const Tag> tags, Rest rest);

  double weight(OrderedEdge edge) const {
    return edges_.weights[static_cast<std::size_t>(edge.direction()) * edges_.cells() + edge.cell()];
  }

 private:
  template <Rest rest>
  std::size_t collect(std::int32_t from, std::int32_t to, std::span<const Tag> tags);
  void sort(std::size_t count, std::int32_t from, std::int32_t to);
  void sort_ties(std::size_t count);

  const GridEdges& edges_;
  std::vector<std::int32_t> histogram_;
  std::span<std::int32_t> keys_;
  std::span<OrderedEdge> found_, spare_;
  std::span<std::uint8_t> chosen_;
};

}  // namespace imaging
