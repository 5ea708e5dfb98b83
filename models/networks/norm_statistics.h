// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "models/networks/layers.h"

namespace models {

/// A part of a map, as fractions of its sides.
struct MapPart {
  double top = 0, left = 0, bottom = 1, right = 1;
};

/// What the group norms of a network find in a map that is larger than memory allows to look at at once. The network is
/// run on tiles twice: first each norm notes the sums over that part of the tile which is its own, and goes on with the
/// tile's mean and deviation; then all of them take the whole map's. What is left of an error is of second order: the
/// sums behind the first norm are of maps that were normed by tiles.
///
/// Norms are told apart by the order of their calls. One thread at a time.
class NormStatistics {
 public:
  bool empty() const { return sums_.empty(); }

  /// While one lives, norms of this thread note their sums over `own`.
  class Noting {
   public:
    Noting(NormStatistics& statistics, const MapPart& own);
    ~Noting();
    Noting(const Noting&) = delete;
    Noting& operator=(const Noting&) = delete;
  };
  /// While one lives, norms of this thread take what was noted.
  class Taking {
   public:
    explicit Taking(NormStatistics& statistics);
    ~Taking();
    Taking(const Taking&) = delete;
    Taking& operator=(const Taking&) = delete;
  };

  /// What is noted or taken on this thread; null: each norm looks at the map that it is given.
  static NormStatistics* current();
  /// norm(x) of (B, channels, h, w), as norms are to be while one of the above lives.
  at::Tensor normed(const GroupNorm& norm, const at::Tensor& x);

 private:
  struct Sums {
    at::Tensor values, squares;  ///< (B, groups) f64
    double count = 0;            ///< numbers of a group
  };
  void note(const GroupNorm& norm, const at::Tensor& x);
  at::Tensor taken(const GroupNorm& norm, const at::Tensor& x);

  std::vector<Sums> sums_{};  ///< by the order of calls
  std::size_t next_ = 0;
  const MapPart* own_ = nullptr;  ///< null: sums are taken
};

}  // namespace models
