// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "tensors/torch.h"

namespace tensors {

/// Memory for tensors that are many and stay long, such as a network's weights: they lie one after the other in large
/// blocks, for which the system is asked to use huge pages, since first touching 14 GB in small ones takes longer than
/// reading them from a disk. A tensor that is dropped gives its pages back at once. To be used by one thread; the
/// tensors themselves are like any other, and outlive this.
class LongLivedMemory {
 public:
  /// Like at::empty on the CPU. Throws std::bad_alloc.
  at::Tensor empty(at::IntArrayRef shape, at::ScalarType dtype);

 private:
  class Block;
  std::shared_ptr<const Block> block_;
  std::size_t used_ = 0;  ///< bytes of the block
};

}  // namespace tensors
