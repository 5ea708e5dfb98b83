// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/graph/run_graph.h"

namespace {
using fake::Events;
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using graph::Event;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Run, SendsValuesAlongLinks) {
  const auto plan = plan_of(R"(
graph: sum
nodes:
  two: {type: number, number: 2}
  five: {type: number, number: 5}
  sum: {type: add, in: {a: two.value, b: five.value}}
)");
  Seen seen({"sum.sum"});
  const auto report = execute(plan, {}, &seen);
  EXPECT_EQ(report.done, 1);
  EXPECT_EQ(seen.last("sum.sum", 0), 7);
}

TEST(Run, WarnsOfASinkThatGotNothing) {
  const auto plan = plan_of(R"(
graph: never
nodes:
  one: {type: number, number: 1}
  loop:
    type: loop
    steps: 3
    state: {x: one.value}
    nodes: {never: {type: count, in: {value: state.x}, when: {every: 0}}}
    next: {x: state.x}
    out: {count: never.count}
  end: {type: sink, in: {value: loop.count}}
)");
  Events events(Event::kWarning | Event::kItemFinished);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  EXPECT_EQ(execute(plan, options).done, 1);
  ASSERT_EQ(events.of(Event::kWarning).size(), 1u);
  EXPECT_EQ(events.of(Event::kWarning)[0].node, plan.graph().find_node("end"));
  EXPECT_THAT(events.of(Event::kItemFinished)[0].ran, ElementsAre(plan.graph().find_node("end")));
}

TEST(Run, TellsOnceOfAWindowThatHoldsNoTurn) {
  const auto plan = plan_of(R"(
graph: windows
params: {n: {type: int, default: 1}}
nodes:
  one: {type: number, number: $n}
  loop:
    type: loop
    steps: 4
    state: {x: one.value}
    nodes:
      between: {type: count, in: {value: state.x}, when: {from: 0.4, to: 0.6}}
      seldom:  {type: count, in: {value: state.x}, when: {from: 0.5, nth: 3}}
      never:   {type: count, in: {value: state.x}, when: {every: 0}}
      off:     {type: count, in: {value: state.x}, when: {from: 0.4, to: 0.6, if: false}}
    next: {x: state.x}
    out: {x: state.x}
  end: {type: sink, in: {value: loop.x}}
)",
                            {{"n", {std::int64_t{1}, std::int64_t{2}}, {"--n"}}});
  Events events(Event::kWarning);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  EXPECT_EQ(execute(plan, options).done, 2);
  std::vector<std::string> texts;
  for (const Event& event : events.of(Event::kWarning))
    texts.push_back(plan.graph().nodes[event.node].id + ": " + event.text);
  EXPECT_THAT(texts, testing::UnorderedElementsAre(
                         "loop.between: its window, from 0.4 to 0.6, holds none of the 4 turns, so it does nothing",
                         "loop.seldom: its window, from 0.5 to 1, holds only 2 of the 4 turns, so it does nothing"));
}

TEST(Run, WritesFilesWholeOrNotAtAll) {
  const std::string folder = testing::TempDir() + "/run_files";
  std::filesystem::remove_all(folder);
  const auto plan = plan_of(R"(
graph: files
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  write: {type: write, file: "deep/{seed:03}.txt", in: {value: seed.value}}
)",
                            {ints("seed", 7, 9)});
  graph::RunOptions options;
  options.output_dir = folder;
  Events events(Event::kItemFinished | Event::kOutput);
  graph::Bus bus;
  bus.attach(events);
  options.bus = &bus;
  EXPECT_EQ(execute(plan, options).done, 3);
  std::ifstream file(folder + "/deep/008.txt");
  int value = 0;
  file >> value;
  EXPECT_EQ(value, 8);
  EXPECT_EQ(events.of(Event::kOutput).size(), 3u);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) files += entry.is_regular_file();
  EXPECT_EQ(files, 3);
  const auto finished = events.of(Event::kItemFinished);
  ASSERT_EQ(finished[0].outputs.size(), 1u);
  EXPECT_EQ(finished[0].outputs[0].bytes, 2u);
}

TEST(Run, TwoWritersOfOneFileAreAnError) {
  const auto plan = plan_of(R"(
graph: clash
nodes:
  one: {type: number, number: 1}
  a: {type: write, file: "same.txt", in: {value: one.value}}
  tell: {type: odd, in: {value: one.value}}
  b: {type: write, file: "same.txt", when: {if: tell.odd}, in: {value: one.value}}
)");
  graph::RunOptions options;
  options.output_dir = testing::TempDir() + "/run_clash";
  const auto report = execute(plan, options);
  EXPECT_EQ(report.failed, 1);
  EXPECT_THAT(report.failures.at(0).what, HasSubstr("'same.txt' was written already"));
}

/// Writes where there is no room, makes room, and writes again.
class Persistent final : public graph::Node {
 public:
  static graph::Contract contract() { return {"persistent", "Writes until it can."}; }
  void process(graph::Context& cx) const override {
    const std::string obstacle = testing::TempDir() + "/run_again/a";
    std::filesystem::remove_all(obstacle);  // of an earlier run
    std::filesystem::create_directories(std::filesystem::path(obstacle).parent_path());
    std::ofstream(obstacle) << "a file where a folder is due";
    EXPECT_THROW(cx.write_file("a/b.txt", {}), std::runtime_error);
    std::filesystem::remove(obstacle);
    cx.write_file("a/b.txt", {});
  }
};

TEST(Run, WhatCouldNotBeWrittenMayBeWrittenAgain) {
  graph::Registry registry;
  registry.add<Persistent>();
  graph::RunOptions options;
  options.output_dir = testing::TempDir() + "/run_again";
  const auto report = execute(plan_of("graph: again\nnodes:\n  a: {type: persistent}\n", {}, registry), options);
  EXPECT_EQ(report.done, 1);
}

TEST(Lanes, BoundTheItemsInFlightAndFinishTheOldestFirst) {
  const auto plan = plan_of(R"(
graph: depth-first
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  loop:
    type: loop
    steps: 5
    state: {x: seed.value}
    nodes: {add: {type: add, plus: 1, in: {a: state.x}}}
    next: {x: add.sum}
    out: {x: add.sum}
  end: {type: sink, in: {value: loop.x}}
)",
                            {ints("seed", 0, 49)});
  Events events(Event::kItemStarted | Event::kItemFinished | Event::kStep);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = 4;
  options.threads = 1;
  execute(plan, options);
  int in_flight = 0, finished = 0;
  for (const Event& event : events.list) {
    if (event.kind == Event::kItemStarted) {
      EXPECT_LE(++in_flight, 4);
    }
    if (event.kind == Event::kItemFinished) {
      --in_flight;
      // One thread, oldest first: items end in their order.
      EXPECT_EQ(event.item, finished++);
    }
  }
  EXPECT_EQ(events.of(Event::kStep).size(), 250u);
}

}  // namespace
