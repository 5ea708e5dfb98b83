// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/graph/run_graph.h"

namespace {
using fake::Events;
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using graph::Event;
using testing::HasSubstr;

/// later: passes its input on from another thread.
class Later final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<std::string> kHow{
      .name = "how", .help = "it ends", .value = "done", .choices = "done|fail|drop|never|at-once|throw"};
  static graph::Contract contract() {
    return graph::Contract("later", "Ends later.", kIn, kOut, kHow).resource("gpu").defers();
  }
  explicit Later(const graph::Props& props) : how_(props.get(kHow)) {}
  void process(graph::Context& cx) const override {
    if (how_ == "throw") throw std::runtime_error("thrown before it deferred");
    if (how_ == "at-once") return cx.send(kOut, cx.get(kIn) + 1);
    std::shared_ptr<graph::Completion> completion = cx.defer();
    if (how_ == "drop") return;
    if (how_ == "never") {
      const std::lock_guard lock(kept_mutex());
      kept().push_back(completion);
      return;
    }
    std::thread([this, &cx, completion] {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (how_ == "fail") return completion->fail("the device said no");
      cx.send(kOut, cx.get(kIn) + 1);
      completion->done();
    }).detach();
  }
  static std::vector<std::shared_ptr<graph::Completion>>& kept() {
    static std::vector<std::shared_ptr<graph::Completion>> all;
    return all;
  }
  static std::size_t under_way() {
    const std::lock_guard lock(kept_mutex());
    return kept().size();
  }
  static std::mutex& kept_mutex() {
    static std::mutex mutex;
    return mutex;
  }

 private:
  const std::string how_;
};

const graph::Registry& stopping_nodes() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<Later>();
    return made;
  }();
  return all;
}

const char* const kDeferred = R"(
graph: deferred
params: {seed: {type: int, default: 0}, how: {type: string, default: done}}
nodes:
  seed: {type: number, number: $seed}
  later: {type: later, how: $how, in: {value: seed.value}}
  end: {type: add, in: {a: later.value}}
)";

TEST(Deferred, CallsEndFromAnotherThread) {
  for (const char* how : {"done", "at-once"}) {
    const auto plan = plan_of(kDeferred, {ints("seed", 0, 29), fake::texts("how", {how})}, stopping_nodes());
    Seen seen({"end.sum"});
    EXPECT_EQ(execute(plan, {}, &seen).done, 30);
    for (int i = 0; i < 30; ++i) EXPECT_EQ(seen.last("end.sum", i), i + 1);
  }
}

TEST(Deferred, FailuresAreTheItemsOwn) {
  for (const auto& [how, what] : {std::pair{"fail", "the device said no"},
                                  {"drop", "dropped without an end"},
                                  {"throw", "thrown before it deferred"}}) {
    const auto plan = plan_of(kDeferred, {ints("seed", 0, 3), fake::texts("how", {how})}, stopping_nodes());
    const auto report = execute(plan);
    EXPECT_EQ(report.failed, 4);
    EXPECT_THAT(report.failures[0].what, HasSubstr(what));
  }
}

TEST(Watchdog, NamesTheNodeWhereItemsStandStill) {
  const auto plan = plan_of(kDeferred, {ints("seed", 0, 1), fake::texts("how", {"never"})}, stopping_nodes());
  Events events(Event::kStalled);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.stall_after = std::chrono::milliseconds(100);
  const auto report = execute(plan, options);
  EXPECT_EQ(report.failed, 2);
  EXPECT_EQ(report.failures[0].node, "later");
  EXPECT_THAT(report.failures[0].what, HasSubstr("stands still"));
  EXPECT_GE(events.list.size(), 1u);
  const std::lock_guard lock(Later::kept_mutex());
  for (const auto& completion : Later::kept()) completion->done();  // too late: nothing happens
  Later::kept().clear();
}

TEST(Stop, FinishesWhatIsInFlight) {
  const auto plan = plan_of(R"(
graph: stop
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  wait: {type: sleep, for: 1, in: {value: seed.value}}
)",
                            {ints("seed", 0, 999)});
  graph::StopSignal stop;
  graph::RunOptions options;
  options.stop = &stop;
  options.lanes = 4;
  options.taps.push_back({"wait.value", [&](const graph::Item& item, const graph::Value&) {
                            if (item.index == 10) stop.level = 1;
                          }});
  const auto report = execute(plan, options);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.admitted, report.done);
  EXPECT_GE(report.done, 10);
  EXPECT_LT(report.done, 30);
}

TEST(Stop, AtOnceCancelsWhatIsInFlight) {
  const auto plan = plan_of(R"(
graph: stop-at-once
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  loop:
    type: loop
    steps: 1000000
    state: {x: seed.value}
    nodes: {add: {type: add, plus: 0, in: {a: state.x}}}
    next: {x: add.sum}
    out: {x: add.sum}
)",
                            {ints("seed", 0, 9)});
  graph::StopSignal stop;
  graph::RunOptions options;
  options.stop = &stop;
  std::atomic<int> turns{0};
  options.taps.push_back({"loop.add.sum", [&](const graph::Item&, const graph::Value&) {
                            if (++turns == 100) stop.level = 2;
                          }});
  const auto report = execute(plan, options);
  EXPECT_EQ(report.cancelled, report.admitted);
  EXPECT_TRUE(report.interrupted);
  EXPECT_LT(turns, 1000);
}

TEST(Stop, EndsDeferredCalls) {
  const auto plan = plan_of(kDeferred, {ints("seed", 0, 1), fake::texts("how", {"never"})}, stopping_nodes());
  graph::StopSignal stop;
  graph::RunOptions options;
  options.stop = &stop;
  options.lanes = 2;
  std::thread stopper([&] {
    while (Later::under_way() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stop.level = 2;
  });
  const auto report = execute(plan, options);
  stopper.join();
  EXPECT_EQ(report.cancelled, 2);
  const std::lock_guard lock(Later::kept_mutex());
  Later::kept().clear();
}

}  // namespace
