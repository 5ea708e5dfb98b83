// SPDX-License-Identifier: MIT
#include "methods/matching/patch_tree.h"

#include <algorithm>
#include <numeric>

namespace matching {

PatchTree::PatchTree(std::span<const float> points, std::size_t dimensions)
    : dimensions_(dimensions), width_((dimensions + 3) / 4 * 4), count_(points.size() / dimensions) {
  std::vector<std::int32_t> members(count_);
  std::iota(members.begin(), members.end(), 0);
  add(points, members);
}

void PatchTree::add(std::span<const float> points, std::span<std::int32_t> members) {
  const std::size_t index = nodes_.size();
  nodes_.emplace_back();
  boxes_.resize(boxes_.size() + 2 * width_, 0);
  float *least = boxes_.data() + index * 2 * width_, *greatest = least + width_;
  const auto row = [&](std::int32_t member) { return points.data() + static_cast<std::size_t>(member) * dimensions_; };
  std::copy_n(row(members[0]), dimensions_, least);
  std::copy_n(row(members[0]), dimensions_, greatest);
  for (const std::int32_t member : members) {
    for (std::size_t d = 0; d < dimensions_; ++d) {
      least[d] = std::min(least[d], row(member)[d]);
      greatest[d] = std::max(greatest[d], row(member)[d]);
    }
  }
  if (members.size() <= kLeaf || dimensions_ > kFewDimensions) return add_leaf(points, members, nodes_[index]);

  std::size_t widest = 0;
  for (std::size_t d = 1; d < dimensions_; ++d) {
    if (greatest[d] - least[d] > greatest[widest] - least[widest]) widest = d;
  }
  // Halves, the first of whole leaves. Equal coordinates by their index, so that the tree is the same everywhere.
  const std::size_t middle = (members.size() / 2 + kLeaf - 1) / kLeaf * kLeaf;
  std::ranges::nth_element(members, members.begin() + static_cast<std::ptrdiff_t>(middle),
                           [&](std::int32_t a, std::int32_t b) {
                             const float left = row(a)[widest], right = row(b)[widest];
                             return left < right || (left == right && a < b);
                           });
  add(points, members.first(middle));
  nodes_[index].second = static_cast<std::int32_t>(nodes_.size());
  add(points, members.subspan(middle));
}

void PatchTree::add_leaf(std::span<const float> points, std::span<const std::int32_t> members, Node& node) {
  node.block = static_cast<std::int32_t>(members_.size()) / kBlock;
  node.blocks = (static_cast<std::int32_t>(members.size()) + kBlock - 1) / kBlock;
  for (std::int32_t i = 0; i < node.blocks * kBlock; ++i)
    members_.push_back(static_cast<std::size_t>(i) < members.size() ? members[static_cast<std::size_t>(i)] : -1);
  for (std::int32_t block = 0; block < node.blocks; ++block) {
    for (std::size_t d = 0; d < dimensions_; ++d) {
      for (std::int32_t lane = 0; lane < kBlock; ++lane) {
        const std::size_t at = std::min(static_cast<std::size_t>(block * kBlock + lane), members.size() - 1);
        blocks_.push_back(points[static_cast<std::size_t>(members[at]) * dimensions_ + d]);
      }
    }
  }
}

}  // namespace matching
