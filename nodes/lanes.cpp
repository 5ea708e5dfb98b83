// SPDX-License-Identifier: MIT
#include "nodes/lanes.h"

#include <algorithm>

#include "tensors/torch.h"

namespace nodes {

Lanes::Lanes(int lanes)
    : threads_(std::max(1, graph::usable_cores() / std::max(1, lanes == 0 ? graph::usable_cores() : lanes))) {}

void Lanes::enter(int /*lane*/) {
  thread_local int set = 0;
  if (set == threads_) return;
  at::set_num_threads(threads_);
  set = threads_;
}

void Lanes::leave(int /*lane*/) {}

}  // namespace nodes
