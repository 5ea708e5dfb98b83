// SPDX-License-Identifier: MIT
/// Calls that outlast process(): a lane's device goes on working, and what was sent is passed on when it has ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <set>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using ::testing::HasSubstr;

/// A device that works on what `press` gives it, one piece after the other, on a thread of its own.
class Device final : public graph::LaneHooks {
 public:
  Device() : thread_([this] { work(); }) {}
  ~Device() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void enter(int /*lane*/, bool /*records*/) override {}
  void leave(int /*lane*/) override {}
  bool asynchronous() const override { return true; }
  bool outlasts(int /*lane*/, std::function<void(const std::string&)> ended) override {
    if (!busy_) return false;
    busy_ = false;
    const std::lock_guard lock(mutex_);
    most = std::max(most, ++waiting_);
    ended_.push_back(std::move(ended));
    changed_.notify_all();
    return true;
  }
  /// What is handed over in a call.
  static void give(std::function<void()> piece) {
    const std::lock_guard lock(pieces_mutex_);
    pieces_.push_back(std::move(piece));
    busy_ = true;
  }

  int most = 0;       ///< calls that it worked on at a time
  std::string fault;  ///< of every piece

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return over_ || !ended_.empty(); });
      if (ended_.empty()) return;
      const auto ended = std::move(ended_.front());
      ended_.pop_front();
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      {
        const std::lock_guard pieces_lock(pieces_mutex_);
        for (const auto& piece : pieces_) piece();
        pieces_.clear();
      }
      lock.lock();
      --waiting_;
      lock.unlock();
      ended(fault);
      lock.lock();
    }
  }

  static inline thread_local bool busy_ = false;
  static inline std::mutex pieces_mutex_;
  static inline std::vector<std::function<void()>> pieces_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void(const std::string&)>> ended_;
  int waiting_ = 0;
  bool over_ = false;
  std::thread thread_;
};

std::mutex g_threads_mutex;
std::set<std::thread::id> g_threads;
std::atomic<int> g_largest{0};

/// Sends a number that its device has yet to write: ten times what came in. Refuses a seven when it is written.
class OnDevice final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("on-device", "Ten times.", kIn, kOut).batch(4).resource("gpu");
  }
  void process_batch(std::span<graph::Context* const> rows) const override {
    {
      const std::lock_guard lock(g_threads_mutex);
      g_threads.insert(std::this_thread::get_id());
    }
    g_largest = std::max(g_largest.load(), static_cast<int>(rows.size()));
    for (graph::Context* row : rows) {
      const auto written = std::make_shared<std::int64_t>(-1);
      Device::give([written, in = row->get(kIn)] { *written = in * 10; });
      row->when_done([row, written] {
        if (*written == 70) throw std::runtime_error("a seven");
        row->send(kOut, std::int64_t{*written});
      });
    }
  }
};

/// Does at once what is left to do, for there is nothing on a device.
class OffDevice final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return graph::Contract("off-device", "One more.", kIn, kOut); }
  void process(graph::Context& cx) const override {
    cx.when_done([&cx] { cx.send(kOut, cx.get(kIn) + 1); });
  }
};

const graph::Registry& device_nodes() {
  static const graph::Registry registry = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<OnDevice>();
    made.add<OffDevice>();
    return made;
  }();
  return registry;
}

constexpr const char* kLoop = R"(
graph: g
params: {seed: {type: int, default: 1}}
nodes:
  first: {type: number, number: $seed}
  turns:
    type: loop
    steps: 3
    state: {x: first.value}
    nodes:
      ten: {type: on-device, in: {value: state.x}}
      more: {type: off-device, in: {value: ten.value}}
    next: {x: more.value}
    out: {x: more.value}
  end: {type: add, in: {a: turns.x}}
)";

TEST(Outlasting, ValuesAreWholeWhenTheyArePassedOn) {
  Device device;
  graph::RunOptions options;
  options.lanes = 3;
  options.hooks = &device;
  Seen seen({"end.sum"});
  const auto report = execute(plan_of(kLoop, {ints("seed", 1, 6)}, device_nodes()), options, &seen);
  EXPECT_EQ(report.done, 6);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(seen.last("end.sum", i), (i + 1) * 1000 + 111);
}

TEST(Outlasting, AsManyCallsAsTheLimitAreUnderWayAndTheRestWaitsForABatch) {
  for (const int limit : {1, 2}) {
    Device device;
    g_threads.clear();
    g_largest = 0;
    graph::RunOptions options;
    options.lanes = 6;
    options.limits["gpu"] = limit;
    options.hooks = &device;
    EXPECT_EQ(execute(plan_of(kLoop, {ints("seed", 1, 6)}, device_nodes()), options).done, 6);
    EXPECT_LE(device.most, limit);
    EXPECT_LE(g_threads.size(), static_cast<std::size_t>(limit)) << "made by threads of its own";
    EXPECT_GT(g_largest, 1) << "what became ready while the device was at work goes together";
  }
}

TEST(Outlasting, WhatIsLeftToDoMayFail) {
  Device device;
  graph::RunOptions options;
  options.lanes = 2;
  options.hooks = &device;
  const auto report = execute(plan_of(kLoop, {ints("seed", 6, 8)}, device_nodes()), options);
  EXPECT_EQ(report.done, 2);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].node, "turns.ten");
  EXPECT_EQ(report.failures[0].what, "a seven");
}

TEST(Outlasting, AFaultOfTheDeviceFailsTheItem) {
  Device device;
  device.fault = "the device is on fire";
  graph::RunOptions options;
  options.lanes = 2;
  options.hooks = &device;
  const auto report = execute(plan_of(kLoop, {ints("seed", 1, 2)}, device_nodes()), options);
  EXPECT_EQ(report.failed, 2);
  EXPECT_THAT(report.failures[0].what, HasSubstr("on fire"));
}

TEST(Outlasting, WithoutADeviceTheRestIsDoneAtOnce) {
  constexpr const char* kGraph = R"(
graph: g
nodes:
  first: {type: number, number: 4}
  more: {type: off-device, in: {value: first.value}}
  end: {type: add, in: {a: more.value}}
)";
  Seen seen({"end.sum"});
  EXPECT_EQ(execute(plan_of(kGraph, {}, device_nodes()), {}, &seen).done, 1);
  EXPECT_EQ(seen.last("end.sum", 0), 5);
}

TEST(Outlasting, StoppingAtOnceWaitsForTheDevice) {
  Device device;
  graph::StopSignal stop;
  graph::RunOptions options;
  options.lanes = 2;
  options.hooks = &device;
  options.stop = &stop;
  options.taps.push_back({"turns.ten.value", [&](const graph::Item&, const graph::Value&) { stop.level = 2; }});
  const auto report = execute(plan_of(kLoop, {ints("seed", 1, 20)}, device_nodes()), options);
  EXPECT_TRUE(report.interrupted);
  EXPECT_LT(report.done, 20);
}

}  // namespace
