// SPDX-License-Identifier: MIT
// What a run does when memory is short: a budget lowers the lanes, and calls that ran out of memory are made again.
#include "graph/running/memory_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <set>
#include <thread>

#include "tests/graph/run_graph.h"

namespace {

constexpr std::uint64_t kBase = 100, kEach = 10;
std::atomic<int> g_held{0}, g_most_held{0};

/// Ten bytes, by the tests' own count.
struct Held {
  Held() { note(); }
  Held(const Held&) { note(); }
  Held(Held&&) noexcept { note(); }
  ~Held() { --g_held; }
  static void note() {
    const int now = ++g_held;
    int most = g_most_held.load();
    while (most < now && !g_most_held.compare_exchange_weak(most, now)) {
    }
  }
};

}  // namespace

DECOUPAGE_VALUE(std::shared_ptr<Held>, "held");

namespace {
using fake::Events;
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using graph::Event;
using graph::MemoryBudget;
using testing::HasSubstr;

/// hold: sends something large.
class Hold final : public graph::Node {
 public:
  static constexpr graph::Out<std::shared_ptr<Held>> kOut{"held", "something large"};
  static constexpr graph::Prop<int> kSeed{.name = "seed", .help = "its number", .value = 0};
  static graph::Contract contract() { return {"hold", "Makes something large.", kOut, kSeed}; }
  void process(graph::Context& cx) const override { cx.send(kOut, std::make_shared<Held>()); }
};

/// let-go: reads it, after a while.
class LetGo final : public graph::Node {
 public:
  static constexpr graph::In<std::shared_ptr<Held>> kIn{"held", "something large"};
  static graph::Contract contract() { return {"let-go", "Lets it go.", kIn}; }
  void process(graph::Context&) const override { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
};

std::atomic<int> g_inside{0};

/// Counts itself among the calls that are going on.
class Inside {
 public:
  Inside() : before_(g_inside.fetch_add(1)) {}
  ~Inside() { --g_inside; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  bool alone() const { return before_ == 0; }

 private:
  const int before_;
};

/// What ran out of memory once: by node, item and turn.
class Tried {
 public:
  static bool before(const graph::Context& cx) {
    const std::lock_guard lock(mutex());
    return !all()
                .insert(cx.node_id() + "/" + std::to_string(cx.item().index) + "/" + std::to_string(cx.turn().index))
                .second;
  }
  static void clear() { all().clear(); }

 private:
  static std::set<std::string>& all() {
    static std::set<std::string> tried;
    return tried;
  }
  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }
};

/// shy: on multiples of `every` it runs out of memory at first, and is to be alone when it is called again.
class Shy final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kEvery{.name = "every", .help = "is shy on multiples of it", .value = 1, .min = 1};
  static graph::Contract contract() { return graph::Contract("shy", "Needs all memory.", kIn, kOut, kEvery); }
  explicit Shy(const graph::Props& props) : every_(props.get(kEvery)) {}
  void process(graph::Context& cx) const override {
    fake::Calls::all().count("shy", cx);
    const Inside inside;
    if (cx.get(kIn) % every_ == 0) {
      if (!Tried::before(cx)) throw std::bad_alloc();
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      if (!inside.alone() || g_inside != 1) throw std::logic_error("not alone");
    }
    cx.send(kOut, cx.get(kIn) + 1);
  }

 private:
  const int every_;
};

/// device-shy: the same at a device, with an error of its own.
class DeviceShy final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("device-shy", "Needs all memory of a device.", kIn, kOut).resource("gpu");
  }
  void process(graph::Context& cx) const override {
    const Inside inside;
    if (!Tried::before(cx)) throw std::runtime_error("the device is full");
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    if (!inside.alone() || g_inside != 1) throw std::logic_error("not alone");
    cx.send(kOut, cx.get(kIn) + 1);
  }
};

/// never-enough: runs out of memory on multiples of `every`, whatever else is going on.
class NeverEnough final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kEvery{.name = "every", .help = "has not enough on multiples of it", .value = 1};
  static graph::Contract contract() { return {"never-enough", "Runs out of memory.", kIn, kOut, kEvery}; }
  explicit NeverEnough(const graph::Props& props) : every_(props.get(kEvery)) {}
  void process(graph::Context& cx) const override {
    fake::Calls::all().count("never-enough", cx);
    if (cx.get(kIn) % every_ == 0) throw std::bad_alloc();
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }

 private:
  const int every_;
};

std::atomic<int> g_largest_done{0}, g_batches_failed{0};

/// feast: has memory for two rows.
class Feast final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("feast", "Takes many at once.", kIn, kOut).batch(16).concurrency(1);
  }
  void process(graph::Context& cx) const override { cx.send(kOut, cx.get(kIn) + 1); }
  void process_batch(std::span<graph::Context* const> rows) const override {
    if (rows.size() > 2) {
      ++g_batches_failed;
      throw std::bad_alloc();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    g_largest_done = std::max<int>(g_largest_done, static_cast<int>(rows.size()));
    for (graph::Context* row : rows) process(*row);
  }
};

const graph::Registry& hungry_nodes() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<Hold>();
    made.add<LetGo>();
    made.add<Shy>();
    made.add<DeviceShy>();
    made.add<NeverEnough>();
    made.add<Feast>();
    return made;
  }();
  return all;
}

/// Bytes that a test says are in use.
class Use {
 public:
  std::function<std::uint64_t()> asked() {
    return [this] { return now.load(); };
  }
  std::atomic<std::uint64_t> now{kBase};
};

/// One after the other, as many items as may be in flight take what they need, and end.
void round_of_items(MemoryBudget& budget, Use& use, std::uint64_t each) {
  int in_flight = 0;
  while (budget.admit()) use.now += each, ++in_flight;
  for (; in_flight > 0; --in_flight) {
    budget.look();
    budget.ended();
    use.now -= each;
  }
}

TEST(MemoryBudget, LetsLanesInOneAfterTheOther) {
  Use use;
  MemoryBudget budget(kBase + 10 * kEach, 4, use.asked());
  for (int expected : {1, 2, 3, 4, 4}) {
    round_of_items(budget, use, kEach);
    EXPECT_EQ(budget.most(), expected);
  }
  EXPECT_EQ(budget.take_warning(), std::nullopt);
}

TEST(MemoryBudget, LetsInWhatFits) {
  Use use;
  MemoryBudget budget(kBase + 2 * kEach + 5, 4, use.asked());
  for (int i = 0; i < 8; ++i) round_of_items(budget, use, kEach);
  EXPECT_EQ(budget.most(), 2);
  EXPECT_THAT(budget.take_warning().value_or(""), HasSubstr("allows 2 of 4 lanes"));
  EXPECT_EQ(budget.take_warning(), std::nullopt) << "once";
}

TEST(MemoryBudget, LetsFewerInWhenItemsTakeMoreThanBefore) {
  Use use;
  MemoryBudget budget(kBase + 4 * kEach, 4, use.asked());
  for (int i = 0; i < 8; ++i) round_of_items(budget, use, kEach);
  ASSERT_EQ(budget.most(), 4);
  ASSERT_TRUE(budget.admit());
  use.now += 5 * kEach;  // one of them alone takes all
  budget.look();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(budget.admit());
  budget.ended();
  use.now = kBase;
  for (int i = 0; i < 3; ++i) budget.ended();
  int admitted = 0;
  while (budget.admit()) ++admitted;
  EXPECT_EQ(admitted, 3) << "50 with 4 in flight: 12 each";
}

TEST(MemoryBudget, AlwaysLetsOneIn) {
  Use use;
  MemoryBudget budget(kBase / 2, 4, use.asked());
  for (int i = 0; i < 3; ++i) round_of_items(budget, use, kEach);
  EXPECT_EQ(budget.most(), 1);
  EXPECT_THAT(budget.take_warning().value_or(""), HasSubstr("even one is above it"));
}

TEST(MemoryBudget, TheSystemTellsWhatIsInUse) {
  EXPECT_GT(graph::resident_memory(), std::uint64_t{1} << 20);
  EXPECT_GT(graph::usable_memory(), graph::resident_memory());
}

graph::RunReport hold(std::uint64_t budget, int items, int lanes, std::vector<std::string>* warnings = nullptr) {
  g_most_held = 0;
  const auto plan = plan_of(R"(
graph: hold
params: {seed: {type: int, default: 0}}
nodes:
  hold: {type: hold, seed: $seed}
  go: {type: let-go, in: {held: hold.held}}
)",
                            {ints("seed", 1, items)}, hungry_nodes());
  Events events(Event::kWarning);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = lanes;
  options.threads = lanes;
  options.memory = budget;
  options.memory_in_use = [] { return kBase + kEach * static_cast<std::uint64_t>(g_held.load()); };
  const auto report = graph::run(plan, options);
  EXPECT_EQ(report.done, items);
  if (warnings) {
    for (const Event& event : events.list) warnings->push_back(event.text);
  }
  return report;
}

TEST(MemoryBudget, LowersTheLanesOfARun) {
  std::vector<std::string> warnings;
  const auto report = hold(kBase + 2 * kEach + 5, 60, 8, &warnings);
  EXPECT_EQ(report.lanes, 8);
  EXPECT_EQ(report.lanes_used, 2);
  EXPECT_LE(g_most_held, 2);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("allows 2 of 8 lanes"));
}

TEST(MemoryBudget, WithRoomForAllChangesNothing) {
  std::vector<std::string> warnings;
  const auto report = hold(kBase + 100 * kEach, 60, 4, &warnings);
  EXPECT_EQ(report.lanes_used, 4);
  EXPECT_TRUE(warnings.empty());
}

TEST(MemoryBudget, OfARunThatIsOverBeforeAllLanesAreIn) {
  EXPECT_EQ(hold(kBase + 100 * kEach, 1, 8).lanes_used, 1);
  EXPECT_EQ(hold(kBase + 100 * kEach, 2, 8).lanes_used, 1);
}

TEST(MemoryBudget, OfARunThatIsStopped) {
  const auto plan = plan_of(R"(
graph: hold
params: {seed: {type: int, default: 0}}
nodes:
  hold: {type: hold, seed: $seed}
  go: {type: let-go, in: {held: hold.held}}
)",
                            {ints("seed", 1, 100)}, hungry_nodes());
  graph::StopSignal stop;
  graph::RunOptions options;
  options.lanes = 8;
  options.memory = kBase + kEach;
  options.memory_in_use = [] { return kBase + kEach * static_cast<std::uint64_t>(g_held.load()); };
  options.stop = &stop;
  std::atomic<int> sent{0};
  options.taps.push_back({"hold.held", [&](const graph::Item&, const graph::Value&) {
                            if (++sent == 3) stop.level = 1;
                          }});
  const auto report = graph::run(plan, options);
  EXPECT_TRUE(report.interrupted);
  EXPECT_LT(report.done, 100);
}

TEST(OutOfMemory, ACallIsMadeAgainAlone) {
  fake::clear_calls();
  Tried::clear();
  const auto plan = plan_of(R"(
graph: shy
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  a: {type: shy, every: 3, in: {value: seed.value}}
  b: {type: shy, every: 2, in: {value: a.value}}
  c: {type: shy, every: 5, in: {value: seed.value}}
  end: {type: add, in: {a: b.value, b: c.value}}
)",
                            {ints("seed", 1, 60)}, hungry_nodes());
  graph::RunOptions options;
  options.lanes = 6;
  options.threads = 4;
  Seen seen({"end.sum"});
  const auto report = execute(plan, options, &seen);
  EXPECT_EQ(report.done, 60) << report.failures.at(0).what;
  for (int i = 0; i < 60; ++i) EXPECT_EQ(seen.last("end.sum", i), 2 * (i + 1) + 3);
  EXPECT_EQ(fake::calls("shy"), 3 * 60 + 20 + 30 + 12) << "each that ran out of memory was made once more";
}

TEST(OutOfMemory, InsideLoopsAndSharedNodesToo) {
  Tried::clear();
  const auto plan = plan_of(R"(
graph: shy-loop
params: {seed: {type: int, default: 0}}
nodes:
  one: {type: number, number: 1}
  shared: {type: shy, in: {value: one.value}}
  seed: {type: number, number: $seed}
  loop:
    type: loop
    steps: 5
    state: {x: seed.value}
    nodes: {step: {type: shy, every: 2, in: {value: state.x}}}
    next: {x: step.value}
    out: {x: step.value}
  end: {type: add, in: {a: loop.x, b: shared.value}}
)",
                            {ints("seed", 0, 15)}, hungry_nodes());
  graph::RunOptions options;
  options.lanes = 4;
  options.threads = 4;
  Seen seen({"end.sum"});
  const auto report = execute(plan, options, &seen);
  EXPECT_EQ(report.done, 16) << report.failures.at(0).what;
  for (int i = 0; i < 16; ++i) EXPECT_EQ(seen.last("end.sum", i), i + 5 + 2);
}

/// What lanes hand to a device ends a little later, on another thread.
class SlowDevice final : public graph::LaneHooks {
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

TEST(OutOfMemory, OfADeviceIsWhatTheProgramSaysItIs) {
  const auto plan = plan_of(R"(
graph: device
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  a: {type: device-shy, in: {value: seed.value}}
  b: {type: shy, every: 4, in: {value: seed.value}}
  end: {type: add, in: {a: a.value, b: b.value}}
)",
                            {ints("seed", 1, 30)}, hungry_nodes());
  SlowDevice device;
  for (graph::LaneHooks* hooks : {static_cast<graph::LaneHooks*>(nullptr), static_cast<graph::LaneHooks*>(&device)}) {
    Tried::clear();
    graph::RunOptions options;
    options.lanes = 4;
    options.threads = 2;
    options.limits["gpu"] = 2;
    options.hooks = hooks;
    options.out_of_memory = [](const std::exception& error) {
      return std::string(error.what()).find("is full") != std::string::npos;
    };
    const auto report = execute(plan, options);
    EXPECT_EQ(report.done, 30) << report.failures.at(0).what;
  }
}

TEST(OutOfMemory, FailsTheItemThatHasNotEnoughAlone) {
  fake::clear_calls();
  const auto plan = plan_of(R"(
graph: never
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  never: {type: never-enough, every: 10, in: {value: seed.value}}
  end: {type: add, in: {a: never.value}}
)",
                            {ints("seed", 1, 40)}, hungry_nodes());
  graph::RunOptions options;
  options.lanes = 4;
  const auto report = execute(plan, options);
  EXPECT_EQ(report.done, 36);
  ASSERT_EQ(report.failed, 4);
  EXPECT_EQ(report.failures[0].item, 9);
  EXPECT_THAT(report.failures[0].what, HasSubstr("out of memory, even with no other call running"));
  EXPECT_THAT(report.failures[0].what, HasSubstr("--memory"));
  EXPECT_EQ(fake::calls("never-enough"), 44) << "each once more";
}

TEST(OutOfMemory, HalvesTheBatches) {
  g_batches_failed = g_largest_done = 0;
  const auto plan = plan_of(R"(
graph: feast
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  feast: {type: feast, in: {value: seed.value}}
)",
                            {ints("seed", 1, 200)}, hungry_nodes());
  Events events(Event::kWarning);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = 32;
  options.threads = 4;
  Seen seen({"feast.value"});
  const auto report = execute(plan, options, &seen);
  EXPECT_EQ(report.done, 200) << report.failures.at(0).what;
  for (int i = 0; i < 200; ++i) EXPECT_EQ(seen.last("feast.value", i), i + 2);
  EXPECT_LE(g_batches_failed, 3) << "16, 8, 4 are too many, and 2 are not";
  EXPECT_LE(g_largest_done, 2);
  EXPECT_EQ(events.list.size(), g_batches_failed > 0 ? 1u : 0u);
}

}  // namespace
