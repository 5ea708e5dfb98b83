// SPDX-License-Identifier: MIT
/// sample-timestep: a training timestep by chance, each as likely.
///
/// Errors   from above to
#include <cmath>
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/draws.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class SampleTimestep final : public graph::Node {
 public:
  static constexpr graph::In<Streams> kStreamsIn{"streams", "to draw from, in the place of the seed", true};
  static constexpr graph::Out<std::int64_t> kTimestep{"timestep", "from ⌊1000·from⌋ to ⌊1000·to⌋, both included"};
  static constexpr graph::Out<Streams> kStreams{"streams", "behind what was drawn"};
  static constexpr graph::Prop<double> kFrom{
      .name = "from", .help = "part of the training timesteps", .value = 0.0, .min = 0, .max = 0.999};
  static constexpr graph::Prop<double> kTo{
      .name = "to", .help = "part of the training timesteps", .value = 0.999, .min = 0, .max = 0.999};
  static constexpr graph::Prop<std::int64_t> kSeed{
      .name = "seed", .help = "of the choice, where no streams are linked", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("sample-timestep", "Picks a training timestep by chance.", kStreamsIn, kTimestep, kStreams,
                           kFrom, kTo, kSeed)
        .family("learning")
        .example("t: {type: sample-timestep, seed: $seed}");
  }

  explicit SampleTimestep(const graph::Props& props)
      : least_(static_cast<std::int64_t>(std::floor(1000 * props.get(kFrom)))),
        most_(static_cast<std::int64_t>(std::floor(1000 * props.get(kTo)))),
        seed_(props.get(kSeed)) {
    if (least_ > most_) throw graph::PropertyError(kFrom.name, "is above 'to'");
  }

  void process(graph::Context& cx) const override {
    Draws draws(cx, cx.find(kStreamsIn), seed_);
    cx.send(kTimestep, draws.torch().randint(least_, most_ + 1));
    cx.send(kStreams, draws.rest());
  }

 private:
  const std::int64_t least_, most_, seed_;
};

}  // namespace

void register_sample_timestep(graph::Registry& registry) {
  registry.add<SampleTimestep>();
}

}  // namespace nodes
