// SPDX-License-Identifier: MIT
#pragma once

#include "graph/run.h"

namespace nodes {

/// What a lane carries on a CPU: how many threads libtorch and the BLAS under it use inside one operation. OpenMP keeps
/// that number per thread, and every thread of the engine would otherwise use all cores.
class Lanes final : public graph::LaneHooks {
 public:
  /// `lanes` 0: as many as cores, as in RunOptions. Each gets its share of the cores, at least one.
  explicit Lanes(int lanes);
  void enter(int lane) override;
  void leave(int lane) override;

 private:
  const int threads_;
};

}  // namespace nodes
