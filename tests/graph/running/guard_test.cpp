// SPDX-License-Identifier: MIT
/// What a node throws means the same in whatever way it is called: alone, in a batch, deferred, or with a device that
/// goes on working.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <set>
#include <thread>
#include <tuple>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using testing::HasSubstr;

/// How the engine calls a node. Taken: deferred, but it throws after it has asked for a Completion.
enum class Way { kPlain, kBatched, kDeferred, kTaken };

const char* way_name(Way way) {
  switch (way) {
    case Way::kPlain:
      return "plain";
    case Way::kBatched:
      return "batched";
    case Way::kDeferred:
      return "deferred";
    case Way::kTaken:
      return "taken";
  }
  return "";
}

/// An exception that says nothing.
struct Silent : std::exception {
  const char* what() const noexcept override { return ""; }
};

/// What has been tried, and what is going on now.
class Attempts {
 public:
  /// Whether the item had been tried before.
  bool again(int item) {
    const std::lock_guard lock(mutex_);
    return !tried_.insert(item).second;
  }
  int begin() { return ++going_on_; }
  void end() { --going_on_; }
  int going_on() const { return going_on_; }
  void clear() { tried_.clear(); }

 private:
  std::mutex mutex_;
  std::set<int> tried_;
  std::atomic<int> going_on_{0};
};
Attempts g_attempts;

/// One more than comes in; on multiples of three, trouble.
template <Way kWay>
class Trouble final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<std::string> kHow{
      .name = "how", .help = "what it throws", .value = "silent", .choices = "cancelled|silent|number|once|full|never"};
  static graph::Contract contract() {
    graph::Contract made(way_name(kWay), "Throws on multiples of three.", kIn, kOut, kHow);
    if constexpr (kWay == Way::kBatched) return std::move(made).batch(4).resource("table");
    if constexpr (kWay == Way::kDeferred || kWay == Way::kTaken) return std::move(made).defers();
    return made;
  }
  explicit Trouble(const graph::Props& props) : how_(props.get(kHow)) {}

  void process(graph::Context& cx) const override {
    const int before = g_attempts.begin() - 1;
    std::shared_ptr<graph::Completion> completion;
    if (kWay == Way::kTaken) completion = cx.defer();
    try {
      if (cx.get(kIn) % 3 == 0) trouble(cx, before);
    } catch (...) {
      g_attempts.end();
      throw;
    }
    if (kWay == Way::kDeferred) completion = cx.defer();
    if (!completion) return send(cx);
    std::thread([&cx, completion] {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      send(cx);
      completion->done();
    }).detach();
  }

 private:
  static void send(graph::Context& cx) {
    cx.send(kOut, cx.get(kIn) + 1);
    g_attempts.end();
  }
  void trouble(const graph::Context& cx, int before) const {
    if (how_ == "cancelled") throw graph::Cancelled();
    if (how_ == "silent") throw Silent();
    if (how_ == "number") throw 7;
    if (how_ == "never") throw std::bad_alloc();
    if (!g_attempts.again(cx.item().index)) {
      if (how_ == "full") throw std::runtime_error("the device is full");
      throw std::bad_alloc();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    if (before != 0 || g_attempts.going_on() != 1) throw std::logic_error("not alone");
  }

  const std::string how_;
};

/// Calls its end from a thread of its own, a little later.
class PatientDevice final : public graph::LaneHooks {
 public:
  void enter(int, bool) override {}
  void leave(int) override {}
  bool asynchronous() const override { return true; }
  bool outlasts(int, std::function<void(const std::string&)> ended) override {
    std::thread([ended = std::move(ended)] {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      ended("");
    }).detach();
    return true;
  }
};

/// hasty: its call has ended before process() returns.
class Hasty final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return graph::Contract("hasty", "Ends early.", kIn, kOut).defers(); }
  void process(graph::Context& cx) const override {
    ++inside;
    cx.send(kOut, std::int64_t{cx.get(kIn)});
    cx.defer()->done();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --inside;
  }
  static inline std::atomic<int> inside{0};
};

/// mute: fails without a word.
class Mute final : public graph::Node {
 public:
  static graph::Contract contract() { return graph::Contract("mute", "Fails.").defers(); }
  void process(graph::Context& cx) const override { cx.defer()->fail(""); }
};

const graph::Registry& troubled_nodes() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<Trouble<Way::kPlain>>();
    made.add<Trouble<Way::kBatched>>();
    made.add<Trouble<Way::kDeferred>>();
    made.add<Trouble<Way::kTaken>>();
    made.add<Hasty>();
    made.add<Mute>();
    return made;
  }();
  return all;
}

constexpr int kItems = 30, kTroubled = 10;

/// With and without a device that goes on with every call.
class Guard : public testing::TestWithParam<std::tuple<Way, bool>> {
 protected:
  graph::RunReport run(const std::string& how, Seen* seen = nullptr) {
    g_attempts.clear();
    const std::string yaml = std::string(R"(
graph: trouble
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  node: {type: )") + way_name(std::get<Way>(GetParam())) +
                             ", how: " + how + R"(, in: {value: seed.value}}
  end: {type: add, in: {a: node.value}}
)";
    PatientDevice device;
    graph::RunOptions options;
    options.lanes = 8;
    options.threads = 3;
    if (std::get<bool>(GetParam())) options.hooks = &device;
    options.out_of_memory = [](const std::exception& error) {
      return std::string(error.what()).find("is full") != std::string::npos;
    };
    return execute(plan_of(yaml, {ints("seed", 1, kItems)}, troubled_nodes()), options, seen);
  }
};

TEST_P(Guard, ACancelledCallCancelsItsItem) {
  const auto report = run("cancelled");
  EXPECT_EQ(report.cancelled, kTroubled);
  EXPECT_EQ(report.failed, 0);
  EXPECT_EQ(report.done, kItems - kTroubled);
}

TEST_P(Guard, WhatSaysNothingFailsItsItem) {
  for (const auto& [how, what] : {std::pair{"silent", "without saying why"}, {"number", "unknown exception"}}) {
    const auto report = run(how);
    EXPECT_EQ(report.done, kItems - kTroubled);
    ASSERT_EQ(report.failed, kTroubled) << how;
    EXPECT_EQ(report.failures[0].node, "node");
    EXPECT_THAT(report.failures[0].what, HasSubstr(what));
  }
}

TEST_P(Guard, ACallThatRunsOutOfMemoryIsMadeAgainAlone) {
  for (const char* how : {"once", "full"}) {
    Seen seen({"end.sum"});
    const auto report = run(how, &seen);
    ASSERT_EQ(report.done, kItems) << how << ": " << report.failures.at(0).what;
    for (int i = 0; i < kItems; ++i) EXPECT_EQ(seen.last("end.sum", i), i + 2);
  }
}

TEST_P(Guard, ACallThatHasNotEnoughMemoryAloneFailsItsItem) {
  const auto report = run("never");
  EXPECT_EQ(report.done, kItems - kTroubled);
  ASSERT_EQ(report.failed, kTroubled);
  EXPECT_THAT(report.failures[0].what, HasSubstr("out of memory, even with no other call running"));
}

INSTANTIATE_TEST_SUITE_P(All, Guard,
                         testing::Combine(testing::Values(Way::kPlain, Way::kBatched, Way::kDeferred, Way::kTaken),
                                          testing::Bool()),
                         [](const auto& info) {
                           const bool device = std::get<bool>(info.param);
                           return way_name(std::get<Way>(info.param)) + std::string(device ? "_outlasting" : "");
                         });

TEST(Deferred, AFailureWithoutAWordIsOne) {
  const auto report = execute(plan_of("graph: g\nnodes:\n  a: {type: mute}\n", {}, troubled_nodes()));
  ASSERT_EQ(report.failed, 1);
  EXPECT_THAT(report.failures[0].what, HasSubstr("without saying why"));
}

TEST(Deferred, WhatComesNextWaitsUntilProcessHasReturned) {
  const auto plan = plan_of(R"(
graph: hasty
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  hasty: {type: hasty, in: {value: seed.value}}
)",
                            {ints("seed", 1, 8)}, troubled_nodes());
  graph::RunOptions options;
  options.lanes = 1;
  options.threads = 3;
  std::atomic<int> early{0};
  options.taps.push_back({"hasty.value", [&](const graph::Item&, const graph::Value&) { early += Hasty::inside; }});
  EXPECT_EQ(execute(plan, options).done, 8);
  EXPECT_EQ(early, 0);
}

}  // namespace
