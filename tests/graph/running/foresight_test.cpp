// SPDX-License-Identifier: MIT
// What nodes foresee of the sizes of values, and what a run refuses by it before anything is computed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using testing::HasSubstr;

std::atomic<int> made{0};

/// sized: says that what it sends is `size` large.
class Sized final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kSize{.name = "size", .help = "foreseen", .value = 1};
  static constexpr graph::Prop<int> kSeed{.name = "seed", .help = "no effect", .value = 0};
  static graph::Contract contract() { return {"sized", "Foresees a size.", kOut, kSize, kSeed}; }
  explicit Sized(const graph::Props& props) : size_(props.get(kSize)) {}
  void foresee(graph::Outlook& outlook) const override { outlook.out(kOut, {size_}); }
  void process(graph::Context& cx) const override {
    ++made;
    cx.send(kOut, std::int64_t{size_});
  }

 private:
  const int size_;
};

/// swell: as large as what comes, and `by` more.
class Swell final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kBy{.name = "by", .help = "how much larger", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("swell", "Foresees what comes, and more.", kIn, kOut, kBy).bypass(kOut, kIn);
  }
  explicit Swell(const graph::Props& props) : by_(props.get(kBy)) {}
  void foresee(graph::Outlook& outlook) const override {
    if (outlook.in(kIn).size() == 1) outlook.out(kOut, {outlook.in(kIn)[0] + by_});
  }
  void process(graph::Context& cx) const override { cx.send(kOut, cx.get(kIn) + by_); }

 private:
  const int by_;
};

/// heap: as large as all that comes together.
class Heap final : public graph::Node {
 public:
  static constexpr graph::Gather<std::int64_t> kIn{"values", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"heap", "Foresees a sum.", kIn, kOut}; }
  explicit Heap(const graph::Props& /*props*/) {}
  void foresee(graph::Outlook& outlook) const override {
    if (outlook.in(kIn).size() == 1)
      outlook.out(kOut, {outlook.in(kIn)[0] * static_cast<std::int64_t>(outlook.gathered().size())});
  }
  void process(graph::Context& cx) const override { cx.send(kOut, static_cast<std::int64_t>(cx.get(kIn).size())); }
};

/// box: takes ten at most.
class Box final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static graph::Contract contract() { return {"box", "Refuses more than ten.", kIn}; }
  explicit Box(const graph::Props& /*props*/) {}
  void foresee(graph::Outlook& outlook) const override {
    for (const std::int64_t size : outlook.in(kIn)) {
      if (size > 10) throw std::runtime_error(std::to_string(size) + " are more than ten");
    }
  }
  void process(graph::Context& /*cx*/) const override {}
};

const graph::Registry& sized_nodes() {
  static const graph::Registry all = [] {
    graph::Registry registry;
    fake::register_all(registry);
    registry.add<Sized>();
    registry.add<Swell>();
    registry.add<Heap>();
    registry.add<Box>();
    return registry;
  }();
  return all;
}

/// What a run is refused with; "" when it is not.
std::string refused(const std::string& nodes, const std::vector<graph::Assignment>& given = {}) {
  const std::string yaml =
      "graph: g\nparams: {seed: {type: int, default: 0, unused: true}, "
      "size: {type: int, default: 4, unused: true}}\nnodes:\n";
  const graph::Plan plan = plan_of(yaml + nodes, given, sized_nodes());
  made = 0;
  try {
    execute(plan);
  } catch (const graph::Faults& faults) {
    EXPECT_EQ(made, 0) << "before anything is computed";
    return faults.what();
  }
  return "";
}

TEST(Foresight, ANodeRefusesWhatIsTooLarge) {
  EXPECT_EQ(refused("  a: {type: sized, size: 10}\n  b: {type: box, in: {value: a.value}}\n"), "");
  EXPECT_THAT(refused("  a: {type: sized, size: 11}\n  b: {type: box, in: {value: a.value}}\n"),
              HasSubstr(":5:3: error: node 'b' (box): 11 are more than ten"));
}

TEST(Foresight, SizesGoThroughNodesAndSweeps) {
  const std::string nodes =
      "  a: {type: sized, size: $size, seed: $seed}\n  b: {type: swell, by: 7, in: {value: a.value}}\n"
      "  c: {type: box, in: {value: b.value}}\n";
  EXPECT_THAT(refused(nodes, {ints("seed", 0, 20)}), HasSubstr("11 are more than ten"));
  EXPECT_EQ(refused(nodes, {ints("size", 2, 9)}), "") << "what is too large for some items is these items' failure";
  EXPECT_THAT(refused(nodes, {ints("size", 5, 9)}), HasSubstr("12 are more than ten"));
}

/// Neither what is foreseen nor the names of files go down a chain by calls of themselves.
TEST(Foresight, GoesThroughAnyNumberOfNodes) {
  constexpr int kNodes = 60'000;
  std::string nodes =
      "  a: {type: sized, size: 11}\n  b: {type: box, in: {value: n" + std::to_string(kNodes) + ".value}}\n";
  for (int i = kNodes; i > 1; --i)
    nodes += "  n" + std::to_string(i) + ": {type: swell, by: 0, in: {value: n" + std::to_string(i - 1) + ".value}}\n";
  EXPECT_THAT(refused(nodes + "  n1: {type: swell, by: 0, in: {value: a.value}}\n"), HasSubstr("11 are more than ten"));
}

TEST(Foresight, OfLoopsInLoops) {
  const auto inner = [](const std::string& by) {
    return "  a: {type: sized, size: 11}\n  l:\n    type: loop\n    steps: 2\n    state: {x: a.value}\n    nodes:\n"
           "      m:\n        type: loop\n        steps: 2\n        state: {y: state.x}\n        nodes:\n"
           "          s: {type: swell, by: " +
           by +
           ", in: {value: state.y}}\n"
           "        next: {y: s.value}\n        out: {y: s.value}\n"
           "    next: {x: m.y}\n    out: {x: m.y}\n  c: {type: box, in: {value: l.x}}\n";
  };
  EXPECT_THAT(refused(inner("0")), HasSubstr("11 are more than ten"));
  EXPECT_EQ(refused(inner("1")), "");
}

TEST(Foresight, OfWhatGathersTheItemsAreKnown) {
  const std::string nodes =
      "  a: {type: sized, size: 3, seed: $seed}\n  h: {type: heap, in: {values: a.value}}\n"
      "  c: {type: box, in: {value: h.value}}\n";
  EXPECT_EQ(refused(nodes, {ints("seed", 0, 2)}), "");
  EXPECT_THAT(refused(nodes, {ints("seed", 0, 3)}), HasSubstr("12 are more than ten"));
}

std::string loop_of(const std::string& by, const std::string& when = "") {
  return "  a: {type: sized, size: 11}\n  l:\n    type: loop\n    steps: 3\n    state: {x: a.value}\n    nodes:\n"
         "      s: {type: swell, by: " +
         by + ", in: {value: state.x}" + when +
         "}\n"
         "    next: {x: s.value}\n    out: {x: s.value}\n  c: {type: box, in: {value: l.x}}\n";
}

TEST(Foresight, ALoopKeepsASizeThatItsTurnsKeep) {
  EXPECT_THAT(refused(loop_of("0")), HasSubstr("11 are more than ten"));
  EXPECT_THAT(refused(loop_of("0", ", when: {from: 0.5}")), HasSubstr("11 are more than ten"));
  EXPECT_EQ(refused(loop_of("1")), "") << "who knows how large it is in the end";
}

}  // namespace
