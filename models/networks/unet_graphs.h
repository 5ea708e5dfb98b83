// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "models/networks/unet.h"

namespace models {

/// A UNet's forward as CUDA graphs: what a processor would hand to the device in some 1,600 pieces, it hands over in
/// one. A graph is made for each shape of input, the second time that it comes; the first time what libraries look up
/// is looked up. Two calls of one shape may be under way at once, each with a graph, and memory, of its own; a further
/// one, and all when memory for a graph was not to be had, are made piece by piece. Thread-safe.
class UNetGraphs {
 public:
  using Forward = std::function<at::Tensor(const UNet::Input&)>;
  UNetGraphs();
  ~UNetGraphs();

  /// The same as forward(input), on the current stream. `forward` is the same network's each time, and `input` without
  /// edits.
  at::Tensor operator()(const UNet::Input& input, const Forward& forward);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace models
