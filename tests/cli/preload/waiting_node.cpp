// SPDX-License-Identifier: MIT
/// waiting: a node type whose open() never comes back: it waits for another thread that was not started, or computes
/// without end. A plugin. It says that it is there by a file.
#include <atomic>
#include <fstream>
#include <semaphore>

#include "graph/plugin.h"

namespace {

class Waiting final : public graph::Node {
 public:
  static constexpr graph::Prop<std::string> kHow{
      .name = "how", .help = "it never comes back", .value = "wait", .choices = "wait|spin"};
  static constexpr graph::Prop<graph::Path> kFile{.name = "file", .help = "that is written when open() is called"};
  static graph::Contract contract() {
    return graph::Contract("waiting", "Is never open.", kHow, kFile).family("testing");
  }

  explicit Waiting(const graph::Props& props) : spins_(props.get(kHow) == "spin"), file_(props.get(kFile).text) {}

  void open() override {
    std::ofstream(file_) << "here\n";
    std::binary_semaphore never(0);
    std::atomic<unsigned> turns = 0;
    while (spins_) ++turns;
    never.acquire();
  }

  void process(graph::Context& /*cx*/) const override {}

 private:
  const bool spins_;
  const std::string file_;
};

}  // namespace

DECOUPAGE_PLUGIN(registry) {
  registry.add<Waiting>();
}
