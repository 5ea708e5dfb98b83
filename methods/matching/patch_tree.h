// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace matching {

/// Points in boxes within boxes, for exact searches that leave most of them out: a k-d tree whose leaves hold points in
/// blocks of eight, dimension by dimension. In many dimensions boxes leave out too little to be worth it: then there is
/// one leaf. Immutable.
/// Source: Friedman, Bentley and Finkel 1977, An Algorithm for Finding Best Matches in Logarithmic Expected Time.
class PatchTree {
 public:
  static constexpr std::int32_t kBlock = 8;  ///< points that are compared at a time
  static constexpr std::size_t kLeaf = 32;   ///< points at most in a leaf, all but the last full
  static constexpr std::size_t kFewDimensions = 16;

  struct Node {
    std::int32_t second = 0;             ///< the other child; the first follows its parent. 0: a leaf
    std::int32_t block = 0, blocks = 0;  ///< of a leaf
  };

  /// `points` (count, dimensions), row-major, at least one.
  PatchTree(std::span<const float> points, std::size_t dimensions);

  /// Dimensions, rounded up to a multiple of four by zeros, of boxes and queries.
  std::size_t width() const { return width_; }
  std::size_t dimensions() const { return dimensions_; }
  std::size_t count() const { return count_; }

  /// In the order in which a parent comes before its children; the root is first.
  const std::vector<Node>& nodes() const { return nodes_; }
  /// The least and then the greatest of each dimension: 2 · width() numbers.
  const float* box(std::size_t node) const { return boxes_.data() + node * 2 * width_; }
  /// (dimensions, 8).
  const float* block(std::size_t block) const { return blocks_.data() + block * dimensions_ * kBlock; }
  /// Which points a block has, 8 of them; −1 behind the last, where the block repeats a point.
  const std::int32_t* members(std::size_t block) const { return members_.data() + block * kBlock; }

 private:
  void add(std::span<const float> points, std::span<std::int32_t> members);
  void add_leaf(std::span<const float> points, std::span<const std::int32_t> members, Node& node);

  const std::size_t dimensions_, width_, count_;
  std::vector<Node> nodes_;
  std::vector<float> boxes_, blocks_;
  std::vector<std::int32_t> members_;
};

}  // namespace matching
