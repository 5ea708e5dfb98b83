// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "graph/bus.h"

namespace program {

/// Collects the files that a run writes, relative to its output folder.
class WrittenFiles final : public graph::BusObserver {
 public:
  unsigned wants() const override { return graph::Event::kOutput; }
  void observe(const graph::Event& event) override {
    for (const graph::Output& output : event.outputs) paths.push_back(output.path);
  }
  std::vector<std::string> paths;
};

}  // namespace program
