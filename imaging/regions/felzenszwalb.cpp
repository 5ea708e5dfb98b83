// SPDX-License-Identifier: MIT
#include "imaging/regions/felzenszwalb.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "imaging/regions/disjoint_sets.h"
#include "imaging/regions/edge_order.h"
#include "imaging/regions/features.h"
#include "imaging/regions/grid_edges.h"

namespace imaging {
namespace {

// Weight, key, and the two places of a sort.
constexpr std::size_t kBytesPerEdge = sizeof(double) + sizeof(std::int32_t) + 2 * sizeof(OrderedEdge);

class Segmentation {
 public:
  Segmentation(const GridEdges& edges, const FelzenszwalbSettings& settings, Scratch& scratch)
      : edges_(edges),
        order_(edges, scratch),
        scale_(settings.scale / 255),
        min_size_(settings.min_size),
        sets_(edges.cells()),
        regions_(static_cast<std::size_t>(edges.cells()), {static_cast<float>(scale_), 1}),
        tags_(regions_.size()) {}

  /// Joins along edges that are shorter than both sides' limits. Limits grow with joins, but what is above the greatest
  /// of them has no chance any more.
  void join_near() {
    std::int32_t from = 0, end = key_of(static_cast<float>(1.5 * scale_));
    while (from <= end && sets_.count() > 1) {
      const std::int32_t to = std::min(end + 1, order_.end_of(from, tags_.size()));
      // All edges to come are longer than its limit, so it stays as it is.
      mark_where([from](const Region& region) { return key_of(region.limit) < from; });
      for (const OrderedEdge edge : order_.take(from, to, tags_, EdgeOrder::Rest::kEither)) join_if_near(edge);
      from = to;
      end = greatest_limit();
    }
  }

  /// Joins along edges of which a side is small.
  void join_small() {
    for (const Region& region : regions_) small_ += is_small(region);
    for (std::int32_t from = 0; small_ > 0 && from < EdgeOrder::kEnd;) {
      const std::int32_t to = order_.end_of(from, tags_.size());
      mark_where([this](const Region& region) { return region.size >= min_size_; });
      for (const OrderedEdge edge : order_.take(from, to, tags_, EdgeOrder::Rest::kBoth)) join_if_small(edge);
      from = to;
    }
  }

  Labels labels() const { return sets_.labels(edges_.height, edges_.width); }

 private:
  /// What is known of a set; zeros where the cell is not a root.
  struct Region {
    float limit = 0;  ///< the longest edge inside plus scale / size, as scikit-image rounds it
    std::int32_t size = 0;
  };

  bool is_small(const Region& region) const { return region.size > 0 && region.size < min_size_; }

  void join_if_near(OrderedEdge edge) {
    const std::int32_t a = sets_.find(edge.cell()), b = sets_.find(edge.cell() + edges_.step(edge.direction()));
    if (a == b) return;
    const float limit = std::min(regions_[a].limit, regions_[b].limit);
    if (edge.key() > key_of(limit)) return;
    const double weight = order_.weight(edge);
    if (weight < limit) join(a, b, weight);
  }

  void join_if_small(OrderedEdge edge) {
    const std::int32_t a = sets_.find(edge.cell()), b = sets_.find(edge.cell() + edges_.step(edge.direction()));
    if (a == b) return;
    const int small = is_small(regions_[a]) + is_small(regions_[b]);
    if (small == 0) return;
    join(a, b, 0);
    small_ += is_small(regions_[std::min(a, b)]) - small;
  }

  void join(std::int32_t a, std::int32_t b, double weight) {
    sets_.join(a, b);
    const std::int32_t size = regions_[a].size + regions_[b].size;
    regions_[std::max(a, b)] = {};
    regions_[std::min(a, b)] = {static_cast<float>(weight + scale_ / size), size};
  }

  template <class AtRest>
  void mark_where(const AtRest& at_rest) {
    const std::span<const std::int32_t> roots = sets_.roots();
    for (std::size_t cell = 0; cell < tags_.size(); ++cell) {
      tags_[cell] = EdgeOrder::tag(roots[cell], at_rest(regions_[roots[cell]]));
    }
  }

  std::int32_t greatest_limit() const {
    std::int32_t greatest = 0;
    for (const Region& region : regions_) greatest = std::max(greatest, key_of(region.limit));
    return greatest;
  }

  const GridEdges& edges_;
  EdgeOrder order_;
  const double scale_;
  const std::int32_t min_size_;
  DisjointSets sets_;
  std::vector<Region> regions_;
  std::vector<EdgeOrder::Tag> tags_;
  std::int32_t small_ = 0;
};

}  // namespace

Labels felzenszwalb(const Planes& planes, const FelzenszwalbSettings& settings) {
  check(planes);
  const std::size_t cells = static_cast<std::size_t>(planes.height) * planes.width;
  Scratch scratch(cells * (planes.channels * sizeof(float) + GridEdges::kDirections * kBytesPerEdge + 1) + 1024);
  const GridEdges edges = blurred_distances(standardised(planes, scratch), settings.sigma, scratch);
  Segmentation segmentation(edges, settings, scratch);
  segmentation.join_near();
  segmentation.join_small();
  return segmentation.labels();
}

}  // namespace imaging
