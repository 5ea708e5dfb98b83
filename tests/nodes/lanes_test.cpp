// SPDX-License-Identifier: MIT
#include "nodes/lanes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/cores.h"
#include "graph/load.h"
#include "nodes/services.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

/// Notes how many threads operations of all calls that go on have, at most.
class Threads final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int", true};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"threads", "Counts threads.", kIn, kOut}; }
  void process(graph::Context& cx) const override {
    const int mine = at::get_num_threads();
    const int now = going_on += mine;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    // Beside each other is what can be: the first waits for a second, if there is to be one.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(patience);
    while (most <= mine && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    going_on -= mine;
    cx.send(kOut, std::int64_t{mine});
  }
  static inline std::atomic<int> going_on{0}, most{0}, patience{0};
};

graph::Plan plan_of(const std::string& nodes) {
  static const graph::Registry registry = [] {
    graph::Registry made;
    made.add<Threads>();
    return made;
  }();
  const std::string yaml = "graph: g\nnodes:\n" + nodes;
  return graph::Plan(std::make_shared<const graph::Graph>(graph::check(graph::load_text(yaml), registry)), {});
}

/// The most threads at a time, for one item on one lane.
int most_threads(const std::string& nodes) {
  const graph::Plan plan = plan_of(nodes);
  const Services services;
  graph::RunOptions options;
  const Lanes lanes(options, services, plan);
  Threads::most = 0;
  EXPECT_EQ(graph::run(plan, options).done, 1);
  return Threads::most;
}

/// Threads of operations never exceed the cores in all, whether one item is alone or has elements beside each other.
TEST(Lanes, ThreadsOfAllOperationsAreNoMoreThanTheCores) {
  const int cores = base::usable_cores();
  EXPECT_EQ(most_threads("  one: {type: threads}\n"), cores) << "an item alone has them all";
  Threads::patience = cores > 1 ? 30 : 0;
  const int beside =
      most_threads("  many: {type: each, times: 16, nodes: {t: {type: threads, in: {value: each.index}}}}\n");
  EXPECT_LE(beside, cores);
  EXPECT_GE(beside, std::min(cores, 2)) << "elements run beside each other";
  Threads::patience = 0;
  const std::string one_by_one = R"(
  many:
    type: each
    times: 4
    at_once: 1
    nodes: {t: {type: threads, in: {value: each.index}}}
)";
  EXPECT_EQ(most_threads(one_by_one), cores);
}

TEST(Lanes, ShareTheCores) {
  const int cores = base::usable_cores();
  const Services services;
  const auto threads = [&](int lanes, const std::string& nodes) {
    graph::RunOptions options;
    options.lanes = lanes;
    return Lanes(options, services, plan_of(nodes)).threads();
  };
  const std::string eight = "  many: {type: each, times: 8, nodes: {t: {type: threads, in: {value: each.index}}}}\n";
  const std::string one = "  one: {type: threads}\n";
  EXPECT_EQ(threads(1, one), cores);
  EXPECT_EQ(threads(cores, one), 1);
  EXPECT_EQ(threads(4 * cores, one), 1);
  EXPECT_EQ(threads(1, eight), std::max(1, cores / std::min(cores, 8)));
}

}  // namespace
}  // namespace nodes
