// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "graph/run.h"

namespace tensors {
class Streams;
}

namespace nodes {

class Services;

/// What a lane carries. On a CPU: how many threads libtorch and the BLAS under it use inside one operation; OpenMP
/// keeps that number per thread, and every thread of the engine would otherwise use all cores. On a GPU: a CUDA stream,
/// too. A node hands its work to the current stream and returns; what it sent is passed on when the stream has done it.
class Lanes final : public graph::LaneHooks {
 public:
  /// Sets the options' hooks, and whether the GPU is the CPU. Lanes that are 0 become as many as do best: on a CPU one
  /// for each core, since items beside each other beat threads inside an operation; on a GPU as many as its memory
  /// holds, eight at most; never more than items. Each lane gets its share of the cores, at least one thread, and where
  /// an item has elements beside each other they share that; `deterministic`: exactly one thread, and calls of one
  /// packet, so that results are the same bits whatever the lanes.
  Lanes(graph::RunOptions& options, const Services& services, const graph::Plan& plan, bool deterministic = false);
  ~Lanes() override;
  /// Gradients are wanted where the call records, and nowhere else.
  void enter(int lane, bool records) override;
  void leave(int lane) override;
  bool asynchronous() const override { return streams_ != nullptr; }
  /// In an operation: with as many calls as may go on at a time, no more than the cores in all.
  int threads() const { return threads_; }
  bool outlasts(int lane, std::function<void(const std::string&)> ended) override;

 private:
  int threads_ = 1;
  std::unique_ptr<tensors::Streams> streams_;
};

}  // namespace nodes
