// SPDX-License-Identifier: MIT
// Random graphs, run on many lanes and threads, send what a plain serial evaluation computes; also while each node in
// turn is slow or fails.
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "tests/graph/random_graph.h"
#include "tests/graph/run_graph.h"

namespace {
using random_graph::Mix;
using random_graph::Serial;

struct Sent {
  std::map<std::pair<std::string, int>, graph::Value> values;  ///< by port and first item of the group
  std::mutex mutex;
};

/// Every port of the root.
std::vector<std::pair<std::string, std::pair<int, int>>> root_ports(const graph::Graph& graph) {
  std::vector<std::pair<std::string, std::pair<int, int>>> ports;
  for (int n : graph.regions[0].nodes) {
    for (std::size_t p = 0; p < graph.nodes[n].outs.size(); ++p) {
      ports.push_back({graph.nodes[n].id + "." + graph.nodes[n].outs[p], {n, static_cast<int>(p)}});
    }
  }
  return ports;
}

graph::RunReport run_and_keep(const graph::Plan& plan, int lanes, int threads, Sent& sent) {
  graph::RunOptions options;
  options.lanes = lanes;
  options.threads = threads;
  for (const auto& [port, ref] : root_ports(plan.graph())) {
    options.taps.push_back({port, [&sent, port = port](const graph::Item& item, const graph::Value& value) {
                              const std::lock_guard lock(sent.mutex);
                              sent.values[{port, item.index}] = value;
                            }});
  }
  return graph::run(plan, options);
}

/// Compares what was sent with the serial evaluation of these items.
void expect_equal(const graph::Plan& plan, const Sent& sent, const std::set<int>& without = {}) {
  for (int item = 0; item < plan.items(); ++item) {
    if (without.count(item)) continue;
    const Serial serial(plan, item);
    for (const auto& [port, ref] : root_ports(plan.graph())) {
      const auto found = sent.values.find({port, plan.first_item(plan.scope(ref.first), item)});
      const graph::Value expected = serial.at(ref.first, ref.second);
      ASSERT_EQ(found != sent.values.end(), !expected.empty()) << port << " of item " << item;
      if (!expected.empty()) {
        ASSERT_TRUE(random_graph::same(found->second, expected)) << port << " of item " << item;
      }
    }
  }
}

class RandomGraphs : public testing::TestWithParam<int> {};

TEST_P(RandomGraphs, SendWhatASerialEvaluationDoes) {
  const std::string yaml = random_graph::Writer(static_cast<unsigned>(GetParam())).graph();
  SCOPED_TRACE(yaml);
  const auto plan =
      random_graph::plan_of(yaml, {fake::ints("p", 0, GetParam() % 4), fake::ints("q", 5, 5 + GetParam() % 3),
                                   fake::ints("r", 9, 9 + GetParam() % 2)});
  for (const auto& [lanes, threads] : {std::pair{1, 1}, {2, 2}, {16, 16}, {3, 1}}) {
    Sent sent;
    const auto report = run_and_keep(plan, lanes, threads, sent);
    EXPECT_EQ(report.done, plan.items());
    expect_equal(plan, sent);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomGraphs, testing::Range(0, 120));

class RandomLists : public testing::TestWithParam<int> {};

TEST_P(RandomLists, SendWhatASerialEvaluationDoes) {
  const std::string yaml = random_graph::Writer(static_cast<unsigned>(GetParam()), true).graph();
  SCOPED_TRACE(yaml);
  const auto plan =
      random_graph::plan_of(yaml, {fake::ints("p", 0, GetParam() % 4), fake::ints("q", 5, 5 + GetParam() % 3),
                                   fake::ints("r", 9, 9 + GetParam() % 2)});
  for (const auto& [lanes, threads] : {std::pair{1, 1}, {2, 2}, {16, 16}, {3, 1}}) {
    Sent sent;
    const auto report = run_and_keep(plan, lanes, threads, sent);
    EXPECT_EQ(report.done, plan.items());
    expect_equal(plan, sent);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLists, testing::Range(0, 60));

/// Sharing leaves out calls, and adds none: an item alone needs no more than it does in company.
TEST(RandomSweeps, CallNodesNoMoreOftenThanTheirItemsAlone) {
  std::int64_t shared = 0, alone = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const std::string yaml = random_graph::Writer(seed).graph();
    const auto calls = [](const graph::RunReport& report) {
      std::int64_t packets = 0;
      for (const graph::NodeStats& node : report.nodes) packets += node.packets;
      return packets;
    };
    graph::RunOptions options;
    options.lanes = 3;
    shared += calls(graph::run(random_graph::plan_of(yaml, {fake::ints("p", 0, 2), fake::ints("q", 5, 6)}), options));
    for (int p = 0; p <= 2; ++p) {
      for (int q = 5; q <= 6; ++q) {
        alone +=
            calls(graph::run(random_graph::plan_of(yaml, {fake::ints("p", p, p), fake::ints("q", q, q)}), options));
      }
    }
    ASSERT_LE(shared, alone) << yaml;
  }
  EXPECT_LT(shared, alone);
}

class Disturbed : public testing::TestWithParam<int> {
 protected:
  void TearDown() override { Mix::slow() = Mix::failing() = ""; }
};

TEST_P(Disturbed, EachNodeThrottledInTurn) {
  const auto plan =
      random_graph::plan_of(random_graph::Writer(static_cast<unsigned>(GetParam()), GetParam() % 2 != 0).graph(),
                            {fake::ints("p", 0, 3), fake::ints("q", 0, 2)});
  for (const graph::GraphNode& node : plan.graph().nodes) {
    if (!node.type) continue;
    Mix::slow() = node.id;
    Sent sent;
    EXPECT_EQ(run_and_keep(plan, 4, 4, sent).done, plan.items());
    expect_equal(plan, sent);
  }
}

TEST_P(Disturbed, EachNodeFailedInTurn) {
  const auto plan =
      random_graph::plan_of(random_graph::Writer(static_cast<unsigned>(GetParam()), GetParam() % 2 != 0).graph(),
                            {fake::ints("p", 0, 3), fake::ints("q", 0, 2)});
  for (const graph::GraphNode& node : plan.graph().nodes) {
    if (!node.type) continue;
    SCOPED_TRACE(node.id);
    Mix::failing() = node.id;
    for (int lanes : {1, 5}) {
      Sent sent;
      const auto report = run_and_keep(plan, lanes, 4, sent);
      EXPECT_EQ(report.done + report.failed, plan.items());
      std::set<int> failed;
      for (const auto& failure : report.failures) {
        failed.insert(failure.item);
        EXPECT_EQ(failure.node == node.id || failure.what.find("injected") != std::string::npos, true) << failure.what;
      }
      EXPECT_EQ(static_cast<int>(failed.size()), report.failed);
      expect_equal(plan, sent, failed);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Disturbed, testing::Range(1000, 1009));

}  // namespace
