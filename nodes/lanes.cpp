// SPDX-License-Identifier: MIT
#include "nodes/lanes.h"

#include <algorithm>

#include "base/cores.h"
#include "nodes/services.h"
#include "tensors/device.h"

namespace nodes {
namespace {

/// What a model and the decoding of a picture of 1024² take on a GPU, in float16.
constexpr std::int64_t kModelBytes = std::int64_t{8} << 30, kLaneBytes = std::int64_t{6} << 30, kMostLanes = 8;

thread_local bool recorded_before = true;  ///< the thread's mode outside of calls, which may be a program's own

int best_lanes(at::Device device) {
  if (!device.is_cuda()) return base::usable_cores();
  const std::int64_t fitting = (tensors::free_bytes(device) - kModelBytes) / kLaneBytes;
  return static_cast<int>(std::clamp<std::int64_t>(fitting, 1, kMostLanes));
}

}  // namespace

Lanes::Lanes(graph::RunOptions& options, const Services& services, const graph::Plan& plan, bool deterministic) {
  const at::Device device = services.device();
  if (options.lanes == 0)
    options.lanes = static_cast<int>(std::clamp<std::int64_t>(plan.items(), 1, best_lanes(device)));
  const int cores = base::usable_cores();
  const int calls = std::min(cores, std::min(cores, options.lanes) * graph::elements_at_once(plan, cores));
  if (!deterministic) threads_ = cores / calls;
  if (deterministic) options.max_batch = 1;
  if (device.is_cuda()) streams_ = std::make_unique<tensors::Streams>(device, options.lanes);
  options.hooks = this;
  options.gpu_is_cpu = !streams_;
}
Lanes::~Lanes() = default;

void Lanes::enter(int lane, bool records) {
  if (streams_) streams_->enter(lane);
  recorded_before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(records);
  thread_local int set = 0;
  if (set == threads_) return;
  // Each call makes a pool of threads, even for one: where few can be started, none should be tried in vain.
  if (at::get_num_threads() != threads_) at::set_num_threads(threads_);
  set = threads_;
}

void Lanes::leave(int /*lane*/) {
  at::GradMode::set_enabled(recorded_before);
  if (streams_) streams_->leave();
}

bool Lanes::outlasts(int lane, std::function<void(const std::string&)> ended) {
  return streams_ && streams_->outlasts(lane, std::move(ended));
}

}  // namespace nodes
