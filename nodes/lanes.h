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
  /// `lanes` 0: as many as cores, as in RunOptions. Each gets its share of the cores, at least one.
  Lanes(int lanes, const Services& services);
  ~Lanes() override;
  void enter(int lane) override;
  void leave(int lane) override;
  bool asynchronous() const override { return streams_ != nullptr; }
  bool outlasts(int lane, std::function<void(const std::string&)> ended) override;

 private:
  const int threads_;
  std::unique_ptr<tensors::Streams> streams_;
};

}  // namespace nodes
