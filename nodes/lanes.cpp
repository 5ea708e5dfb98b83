// SPDX-License-Identifier: MIT
#include "nodes/lanes.h"

#include <algorithm>

#include "nodes/services.h"
#include "tensors/device.h"

namespace nodes {
namespace {

int count_of(int lanes) {
  return lanes > 0 ? lanes : graph::usable_cores();
}

}  // namespace

Lanes::Lanes(int lanes, const Services& services) : threads_(std::max(1, graph::usable_cores() / count_of(lanes))) {
  if (services.device().is_cuda()) streams_ = std::make_unique<tensors::Streams>(services.device(), count_of(lanes));
}
Lanes::~Lanes() = default;

void Lanes::enter(int lane) {
  if (streams_) streams_->enter(lane);
  thread_local int set = 0;
  if (set == threads_) return;
  at::set_num_threads(threads_);
  set = threads_;
}

void Lanes::leave(int /*lane*/) {
  if (streams_) streams_->leave();
}

bool Lanes::outlasts(int lane, std::function<void(const std::string&)> ended) {
  return streams_ && streams_->outlasts(lane, std::move(ended));
}

}  // namespace nodes
