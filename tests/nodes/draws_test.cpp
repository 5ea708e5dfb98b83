// SPDX-License-Identifier: MIT
#include "nodes/draws.h"

#include "graph/load.h"
#include "graph/run.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

/// three-draws: a number of each generator.
class ThreeDraws final : public graph::Node {
 public:
  static constexpr graph::In<Streams> kStreamsIn{"streams", "to draw from", true};
  static constexpr graph::Out<double> kSum{"sum", "of a number of each generator"};
  static constexpr graph::Out<Streams> kStreams{"streams", "behind them"};
  static constexpr graph::Prop<std::int64_t> kSeed{.name = "seed", .help = "without streams", .value = 0};
  static graph::Contract contract() { return {"three-draws", "Draws.", kStreamsIn, kSum, kStreams, kSeed}; }
  explicit ThreeDraws(const graph::Props& props) : seed_(props.get(kSeed)) {}

  void process(graph::Context& cx) const override {
    Draws draws(cx, cx.find(kStreamsIn), seed_);
    const double torch = draws.torch().rand({1}).item<float>();
    cx.send(kSum, 100 * torch + 10 * draws.numpy().random_sample() + draws.python().random());
    cx.send(kStreams, draws.rest());
  }

 private:
  const std::int64_t seed_;
};

const graph::Registry& drawing() {
  static const graph::Registry all = [] {
    graph::Registry made;
    register_all(made);
    made.add<ThreeDraws>();
    return made;
  }();
  return all;
}

/// What a port sends, in the order in which it sends.
std::vector<double> sent(const std::string& yaml, const std::string& port, int lanes = 1) {
  const graph::Plan plan(std::make_shared<const graph::Graph>(graph::check(graph::load_text(yaml), drawing())), {});
  std::vector<double> all;
  std::mutex mutex;
  graph::RunOptions options;
  options.lanes = lanes;
  options.taps.push_back({port, [&](const graph::Item&, const graph::Value& value) {
                            const std::lock_guard lock(mutex);
                            if (value.type() == graph::value_type<double>()) return all.push_back(value.as<double>());
                            for (const graph::Value& place : value.places()) all.push_back(place.as<double>());
                          }});
  EXPECT_EQ(graph::run(plan, options).failed, 0);
  return all;
}

double drawn(graph::NodeHarness& node) {
  return node.run().out<double>("sum");
}

TEST(Draws, DependOnSeedAndPlaceAlone) {
  graph::NodeHarness node(drawing(), "three-draws", {{"seed", "5"}});
  const double first = drawn(node);
  EXPECT_EQ(drawn(node.lane(3).item({.index = 9})), first);
  std::set<double> places{first,
                          drawn(node.node_id("other")),
                          drawn(node.turn(0, 4)),
                          drawn(node.turn(1, 4)),
                          drawn(node.element({0})),
                          drawn(node.element({0, 1})),
                          drawn(node.element({1, 0}))};
  graph::NodeHarness other(drawing(), "three-draws", {{"seed", "6"}});
  places.insert(drawn(other));
  EXPECT_EQ(places.size(), 8u);
}

TEST(Draws, AreTheSameOnEveryMachineAndInEveryVersion) {
  graph::NodeHarness node(drawing(), "three-draws", {{"seed", "5"}});
  EXPECT_DOUBLE_EQ(drawn(node.node_id("denoise.step").turn(2, 9).element({3})), 50.172322640686573);
}

TEST(Draws, AreTheSeedsOfLinkedStreams) {
  graph::NodeHarness seeded(drawing(), "three-draws", {{"seed", "5"}}), linked(drawing(), "three-draws");
  EXPECT_EQ(drawn(linked.in("streams", Streams{.seed = 5})), drawn(seeded));
  EXPECT_EQ(linked.out<Streams>("streams").seed, 5);
}

TEST(Draws, GoOnFromEachOtherInAChain) {
  const std::vector<double> chained = sent(R"(
graph: chain
nodes:
  streams: {type: random-streams, seed: 7, way: chained}
  turns:
    type: loop
    steps: 3
    state: {streams: streams.streams}
    nodes: {draw: {type: three-draws, in: {streams: state.streams}}}
    next: {streams: draw.streams}
    collect: {sums: draw.sum}
)",
                                           "turns.sums");
  tensors::Generator torch(7);
  tensors::NumpyRandomState numpy(7);
  tensors::PythonRandom python(7);
  ASSERT_EQ(chained.size(), 3u);
  for (const double sum : chained) {
    EXPECT_EQ(sum, 100 * double{torch.rand({1}).item<float>()} + 10 * numpy.random_sample() + python.random());
  }
}

TEST(Draws, OfPlacesDifferInALoopOfLoopsAndEaches) {
  const std::string yaml = R"(
graph: places
nodes:
  streams: {type: random-streams, seed: 7}
  zero: {type: value, float: 0}
  outer:
    type: loop
    steps: 2
    state: {x: zero.float}
    nodes:
      walk:
        type: each
        times: 3
        nodes:
          inner:
            type: loop
            steps: 2
            state: {x: zero.float}
            nodes: {draw: {type: three-draws, in: {streams: streams.streams}}}
            next: {x: draw.sum}
            collect: {sums: draw.sum}
        out: {sums: inner.sums}
    next: {x: state.x}
)";
  const std::vector<double> one = sent(yaml, "outer.walk.inner.draw.sum", 1);
  const std::vector<double> many = sent(yaml, "outer.walk.inner.draw.sum", 4);
  EXPECT_EQ(std::set<double>(one.begin(), one.end()).size(), 2u * 3 * 2);
  EXPECT_EQ(std::multiset<double>(one.begin(), one.end()), std::multiset<double>(many.begin(), many.end()));
}

}  // namespace
}  // namespace nodes
