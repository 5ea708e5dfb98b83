// SPDX-License-Identifier: MIT
#include "methods/matching/patch_search.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace matching {
namespace {

using Lanes [[gnu::vector_size(PatchTree::kBlock * sizeof(float))]] = float;
using Halves [[gnu::vector_size(PatchTree::kBlock * sizeof(float))]] = std::int64_t;
using Quad [[gnu::vector_size(4 * sizeof(float))]] = float;

template <class To>
[[gnu::always_inline]] inline void load(To& lanes, const float* from) {
  std::memcpy(&lanes, from, sizeof lanes);
}

template <class Mask>
[[gnu::always_inline]] inline bool any(const Mask& mask) {
  const auto halves = reinterpret_cast<Halves>(mask);
  return ((halves[0] | halves[1]) | (halves[2] | halves[3])) != 0;
}

/// Whether a is the better: greater, or as great and first.
bool better(const Found& a, const Found& b) {
  return a.score > b.score || (a.score == b.score && a.patch < b.patch);
}

/// The best found so far, the worst of them on top of a heap.
class Best {
 public:
  explicit Best(std::span<Found> room) : room_(room) {}

  /// What a patch must reach to be among them.
  float least() const { return size_ < room_.size() ? -std::numeric_limits<float>::infinity() : room_.front().score; }

  void offer(const Found& found) {
    if (size_ == room_.size()) {
      if (!better(found, room_.front())) return;
      std::ranges::pop_heap(room_, better);
      room_.back() = found;
    } else {
      room_[size_++] = found;
    }
    std::ranges::push_heap(room_.first(size_), better);
  }

  void sort() { std::ranges::sort_heap(room_, better); }

 private:
  std::span<Found> room_;
  std::size_t size_ = 0;
};

/// Offers a block's patches, mostly none of which is good enough.
[[gnu::always_inline]] inline void offer(const Lanes& scores, const std::int32_t* members, Best& best) {
  if (!any(scores >= best.least())) return;
  for (std::size_t lane = 0; lane < PatchTree::kBlock; ++lane) {
    if (scores[lane] >= best.least() && members[lane] >= 0) best.offer({scores[lane], members[lane]});
  }
}

/// A box still to be looked into, and the square of its distance from the query.
struct Waiting {
  std::size_t node;
  float distance;
};

class Search {
 public:
  explicit Search(const PatchTree& tree) : tree_(tree), query_(tree.width(), 0) {}

  [[gnu::always_inline]] void operator()(const float* query, Best& best) {
    const std::size_t dimensions = tree_.dimensions();
    std::copy_n(query, dimensions, query_.begin());
    float squares = 0;
    for (std::size_t d = 0; d < dimensions; ++d) squares += query[d] * query[d];
    // q·x = (|q|² + |x|² − |q − x|²) / 2, where |x| ≤ 1. Products of n numbers are off by at most n · 2⁻²⁴.
    const float reach = squares + 1 + static_cast<float>(dimensions + 8) * 0x1p-22F;
    waiting_.assign(1, {0, 0});
    while (!waiting_.empty()) {
      Waiting next = waiting_.back();
      waiting_.pop_back();
      while (next.distance <= reach - 2 * best.least()) {
        const PatchTree::Node& node = tree_.nodes()[next.node];
        if (node.second == 0) {
          look_into(node, best);
          break;
        }
        Waiting near = at(next.node + 1), far = at(static_cast<std::size_t>(node.second));
        if (far.distance < near.distance) std::swap(near, far);
        waiting_.push_back(far);
        next = near;
      }
    }
  }

 private:
  [[gnu::always_inline]] Waiting at(std::size_t node) const {
    const float *least = tree_.box(node), *greatest = least + tree_.width();
    Quad sum{};
    for (std::size_t d = 0; d < tree_.width(); d += 4) {
      Quad query, low, high;
      load(query, query_.data() + d);
      load(low, least + d);
      load(high, greatest + d);
      const Quad below = low - query, above = query - high;
      Quad outside = below > above ? below : above;
      outside = outside > 0 ? outside : Quad{};
      sum += outside * outside;
    }
    return {node, (sum[0] + sum[2]) + (sum[1] + sum[3])};
  }

  [[gnu::always_inline]] void look_into(const PatchTree::Node& node, Best& best) const {
    const auto first = static_cast<std::size_t>(node.block);
    for (std::size_t block = first; block < first + static_cast<std::size_t>(node.blocks); ++block) {
      const float* points = tree_.block(block);
      Lanes scores{};
      for (std::size_t d = 0; d < tree_.dimensions(); ++d) {
        Lanes coordinates;
        load(coordinates, points + d * PatchTree::kBlock);
        scores += query_[d] * coordinates;
      }
      offer(scores, tree_.members(block), best);
    }
  }

  const PatchTree& tree_;
  std::vector<float> query_;  ///< of tree_.width() numbers
  std::vector<Waiting> waiting_;
};

/// Queries that are compared with two blocks at a time, which is what fits into the processor's registers.
constexpr std::size_t kTogether = 4;

/// All patches of a tree without branches, for `kTogether` queries.
[[gnu::always_inline]] inline void scan(const PatchTree& tree, const float* queries, Best (&best)[kTogether]) {
  const std::size_t dimensions = tree.dimensions();
  const auto blocks = static_cast<std::size_t>(tree.nodes().front().blocks);
  for (std::size_t block = 0; block < blocks; block += 2) {
    const std::size_t other = std::min(block + 1, blocks - 1);  // once more the last where their number is odd
    const float *points = tree.block(block), *more = tree.block(other);
    Lanes scores[kTogether] = {}, others[kTogether] = {};
    for (std::size_t d = 0; d < dimensions; ++d) {
      Lanes left, right;
      load(left, points + d * PatchTree::kBlock);
      load(right, more + d * PatchTree::kBlock);
      for (std::size_t k = 0; k < kTogether; ++k) {
        const float coordinate = queries[k * dimensions + d];
        scores[k] += coordinate * left;
        others[k] += coordinate * right;
      }
    }
    for (std::size_t k = 0; k < kTogether; ++k) {
      const float least = best[k].least();
      if (!any((scores[k] >= least) | (others[k] >= least))) continue;
      offer(scores[k], tree.members(block), best[k]);
      if (other != block) offer(others[k], tree.members(other), best[k]);
    }
  }
}

[[gnu::always_inline]] inline void find_all(const PatchTree& tree, std::span<const float> queries,
                                            std::size_t per_query, std::span<Found> found) {
  const std::size_t count = found.size() / per_query;
  const auto query = [&](std::size_t i) { return queries.data() + i * tree.dimensions(); };
  const auto room = [&](std::size_t i) { return Best(found.subspan(i * per_query, per_query)); };
  std::size_t i = 0;
  if (tree.nodes().size() == 1) {
    for (; i + kTogether <= count; i += kTogether) {
      Best best[kTogether] = {room(i), room(i + 1), room(i + 2), room(i + 3)};
      scan(tree, query(i), best);
      for (Best& each : best) each.sort();
    }
  }
  Search search(tree);
  for (; i < count; ++i) {
    Best best = room(i);
    search(query(i), best);
    best.sort();
  }
}

using SearchFunction = void (*)(const PatchTree&, std::span<const float>, std::size_t, std::span<Found>);

void search_portably(const PatchTree& tree, std::span<const float> queries, std::size_t per_query,
                     std::span<Found> found) {
  find_all(tree, queries, per_query, found);
}

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("avx2,fma")]] void search_with_avx2(const PatchTree& tree, std::span<const float> queries,
                                                  std::size_t per_query, std::span<Found> found) {
  find_all(tree, queries, per_query, found);
}

SearchFunction widest_search() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? search_with_avx2 : search_portably;
}
#else
SearchFunction widest_search() {
  return search_portably;
}
#endif

}  // namespace

void find_patches(const PatchTree& tree, std::span<const float> queries, std::size_t per_query,
                  std::span<Found> found) {
  static const SearchFunction kFunction = widest_search();
  kFunction(tree, queries, per_query, found);
}

}  // namespace matching
