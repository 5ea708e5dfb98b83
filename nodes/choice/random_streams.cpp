// SPDX-License-Identifier: MIT
/// random-streams: where nodes draw from that have an input `streams`.
///
/// Notes    keyed: each call draws by its place (seed, node, turns, elements), whatever the others draw. chained: what
///          a program draws that seeds numpy, torch and Python's `random` with one number, in the order in which links
///          lead the streams from node to node; a loop carries them as a state. Calls of an each side by side would
///          all begin with the same numbers: chain by a loop
/// Errors   chained: a seed outside of [0, 2^32), which numpy does not take
#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class RandomStreams final : public graph::Node {
 public:
  static constexpr graph::Out<Streams> kStreams{"streams", "from which nothing has been drawn"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "of the generators", .value = 0};
  static constexpr graph::Prop<std::string> kWay{
      .name = "way",
      .help = "keyed: each draw by its place; chained: one after the other, as a Python program draws",
      .value = "keyed",
      .choices = "keyed|chained"};
  static graph::Contract contract() {
    return graph::Contract("random-streams", "Begins the streams that nodes draw random numbers from.", kStreams, kSeed,
                           kWay)
        .family("choice")
        .example("streams: {type: random-streams, seed: $seed, way: chained}");
  }

  explicit RandomStreams(const graph::Props& props)
      : streams_{.seed = props.get(kSeed)}, chained_(props.get(kWay) == "chained") {}

  void open() override {
    if (!chained_) return;
    const std::int64_t seed = streams_.seed;
    streams_.chain = std::make_shared<const Streams::Chain>(
        Streams::Chain{tensors::NumpyRandomState(seed), tensors::Generator(seed), tensors::PythonRandom(seed)});
  }

  void process(graph::Context& cx) const override { cx.send(kStreams, Streams(streams_)); }

 private:
  Streams streams_;
  const bool chained_;
};

}  // namespace

void register_random_streams(graph::Registry& registry) {
  registry.add<RandomStreams>();
}

}  // namespace nodes
