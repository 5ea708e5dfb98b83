// SPDX-License-Identifier: MIT
// What links may bring beside packets at inputs: values of properties, several links to one input, and nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/limits.h"
#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using testing::HasSubstr;

std::int64_t result_of(const std::string& yaml, const std::string& port, int item = 0,
                       const std::vector<graph::Assignment>& assignments = {}) {
  Seen seen({port});
  const auto report = execute(plan_of(yaml, assignments), {}, &seen);
  EXPECT_EQ(report.failed, 0) << (report.failures.empty() ? "" : report.failures[0].what);
  return seen.last(port, item);
}

TEST(Feeding, ALinkGivesAProperty) {
  EXPECT_EQ(result_of(R"(
graph: g
nodes:
  five: {type: number, number: 5}
  sum: {type: add, in: {a: five.value, plus: five.value}}
)",
                      "sum.sum"),
            10);
}

TEST(Feeding, AnIntServesWhereAFloatIsDue) {
  EXPECT_EQ(result_of(R"(
graph: g
nodes:
  five: {type: number, number: 5}
  sum: {type: bound, number: 1, in: {plus: five.value}}
)",
                      "sum.sum"),
            6);
}

/// What is opened is opened once, and bound once for each value.
TEST(Feeding, BindsOncePerDistinctValue) {
  fake::clear_calls();
  EXPECT_EQ(result_of(R"(
graph: g
nodes:
  walk:
    type: each
    times: 60
    nodes:
      third: {type: third, in: {value: each.index}}
      bound: {type: bound, in: {number: third.value}}
    out: {x: bound.sum}
  all: {type: total, in: {values: walk.x}}
)",
                      "all.sum", 0, {}),
            20 * (0 + 1 + 2));
  EXPECT_EQ(fake::calls("open"), 1);
  EXPECT_EQ(fake::calls("bind"), 3);
  EXPECT_EQ(fake::calls("bound"), 60);
}

/// Of more values than are kept at a time none is lost while a call has it, and none is wrong.
TEST(Feeding, KeepsTheValuesUsedLast) {
  base::set_limit("bound-nodes", "2");
  fake::clear_calls();
  graph::RunOptions options;
  options.threads = 4;
  Seen seen({"all.sum"});
  const auto report = execute(plan_of(R"(
graph: g
nodes:
  walk:
    type: each
    times: 64
    at_once: 16
    nodes:
      third: {type: third, in: {value: each.index}}
      bound: {type: bound, in: {number: each.index, plus: third.value}}
    out: {x: bound.sum}
  all: {type: total, in: {values: walk.x}}
)"),
                              options, &seen);
  base::set_limit("bound-nodes", "256");
  EXPECT_EQ(report.done, 1);
  EXPECT_EQ(seen.last("all.sum", 0), 64 * 63 / 2 + 63 + 0);
  EXPECT_EQ(fake::calls("open"), 1);
  EXPECT_GE(fake::calls("bind"), 64);
}

TEST(Feeding, ATypeThatDoesNotBindIsMadeAnew) {
  EXPECT_EQ(result_of(R"(
graph: g
params: {p: {type: int, default: 1}}
nodes:
  walk:
    type: each
    times: 4
    nodes:
      mixed: {type: bound, number: $p, in: {plus: each.index}}
      number: {type: number, in: {number: mixed.sum}}
    out: {x: number.value}
  all: {type: digits, in: {values: walk.x}}
)",
                      "all.number", 1, {ints("p", 1, 2)}),
            12345);
}

TEST(Feeding, RangesAndChoicesAreCheckedWhenTheValueComes) {
  const auto report = execute(plan_of(R"(
graph: g
params: {n: {type: int, default: 1}}
nodes:
  many: {type: add, plus: $n, in: {a: base.value}}
  base: {type: number, number: 95}
  bound: {type: bound, in: {number: many.sum}}
)",
                                      {ints("n", 3, 5)}));
  EXPECT_EQ(report.done, 2);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].node, "bound");
  EXPECT_EQ(report.failures[0].what, "property 'number': 100 is above the maximum 99, sent by many.sum");
  const auto choice = execute(plan_of(R"(
graph: g
nodes:
  how: {type: value, string: lod}
  text: {type: text, in: {style: how.string}}
)"));
  EXPECT_THAT(choice.failures.at(0).what, HasSubstr("'lod' is not one of plain, loud, soft"));
}

TEST(Feeding, ABinsParamIsFed) {
  const graph::GraphSpec spec = graph::load_files({{"main.yaml", R"(
graph: g
nodes:
  walk:
    type: each
    times: 4
    nodes:
      bin: {include: bin.yaml, in: {plus: each.index, value: each.index}}
    out: {x: bin.x}
  all: {type: digits, in: {values: walk.x}}
)"},
                                                   {"bin.yaml", R"(
graph: bin
params: {plus: {type: int, default: 1, max: 3}}
in: {value: int}
nodes:
  deeper: {include: deeper.yaml, plus: $plus, in: {value: in.value}}
out: {x: deeper.x}
)"},
                                                   {"deeper.yaml", R"(
graph: deeper
params: {plus: {type: int, default: 1}}
in: {value: int}
nodes:
  sum: {type: add, plus: $plus, in: {a: in.value}}
out: {x: sum.sum}
)"}});
  Seen seen({"all.number"});
  const graph::Plan plan(std::make_shared<const graph::Graph>(graph::check(spec, fake::registry())), {});
  EXPECT_EQ(execute(plan, {}, &seen).done, 1);
  EXPECT_EQ(seen.last("all.number", 0), 10246);
}

/// A path is what a node found; it is read where a link brings it.
TEST(Feeding, APathOpensAFile) {
  const std::string file = testing::TempDir() + "fed_number";
  std::ofstream(file) << 17;
  EXPECT_EQ(result_of("graph: g\nnodes:\n  find: {type: find, file: '" + file +
                          "'}\n  read: {type: read, in: {file: find.path}}\n",
                      "read.value"),
            17);
}

TEST(Feeding, SeveralLinksComeInTheOrderWritten) {
  EXPECT_EQ(result_of(R"(
graph: g
nodes:
  one: {type: number, number: 1}
  two: {type: number, number: 2}
  off: {type: number, number: 3, when: {if: false}}
  join: {type: join, in: {parts: [two.value, off.value, one.value]}}
)",
                      "join.number"),
            1291)
      << "9 is the place of what did not come";
  EXPECT_EQ(result_of(R"(
graph: g
nodes:
  one: {type: number, number: 1}
  join: {type: join, in: {parts: one.value}}
)",
                      "join.number"),
            11);
}

TEST(Feeding, AListAmongSeveralLinksCountsAsItsElements) {
  EXPECT_EQ(result_of(R"(
graph: g
nodes:
  one: {type: number, number: 1}
  list: {type: list, count: 3, hole: 2}
  join: {type: join, in: {parts: [list.values, one.value]}}
)",
                      "join.number"),
            19191)
      << "9 is the place of a hole";
}

TEST(Nothing, AListKeepsAnEmptyPlace) {
  EXPECT_EQ(result_of(R"(
graph: g
nodes:
  list: {type: list, count: 6, hole: 3}
  walk: {type: each, over: list.values, nodes: {n: {type: add, in: {a: each.item}}}, out: {x: n.sum}}
  all: {type: digits, in: {values: walk.x}}
)",
                      "all.number"),
            1912945);
}

TEST(Nothing, AFedPropertyThatDidNotComeMakesItsNodeInactive) {
  const auto plan = plan_of(R"(
graph: g
nodes:
  list: {type: list, count: 4, hole: 2}
  walk:
    type: each
    over: list.values
    nodes:
      fed: {type: bound, in: {number: each.item}}
      plain: {type: add, plus: 4, in: {a: each.index}}
      either: {type: first, in: {any: [fed.sum, plain.sum]}}
    out: {x: either.any}
  all: {type: digits, in: {values: walk.x}}
)");
  Seen seen({"all.number"});
  execute(plan, {}, &seen);
  EXPECT_EQ(seen.last("all.number", 0), 14163);
}

TEST(Nothing, WhenTakesABoolFromALink) {
  const std::string yaml = R"(
graph: g
nodes:
  walk:
    type: each
    times: 4
    nodes:
      odd: {type: odd, in: {value: each.index}}
      yes: {type: add, plus: 1, in: {a: each.index}, when: {if: odd.odd}}
      no: {type: add, plus: 5, in: {a: each.index}, when: {unless: odd.odd}}
      both: {type: first, in: {any: [yes.sum, no.sum]}}
    out: {x: both.any}
  all: {type: digits, in: {values: walk.x}}
)";
  EXPECT_EQ(result_of(yaml, "all.number"), 15274);
}

/// Inactive loops and eaches send nothing, not even empty lists; a when without its bool is off.
TEST(Nothing, SwitchedOffBodiesSendNothing) {
  const std::string yaml = R"(
graph: g
nodes:
  one: {type: number, number: 1}
  odd: {type: odd, in: {value: one.value}}
  nothing: {type: odd, in: {value: one.value}, when: {if: false}}
  walk: {type: each, times: 2, when: {unless: odd.odd}, nodes: {n: {type: add, in: {a: each.index}}}, out: {x: n.sum}}
  loop:
    type: loop
    steps: 2
    state: {x: one.value}
    when: {if: nothing.odd}
    nodes: {n: {type: add, in: {a: state.x}}}
    next: {x: n.sum}
    out: {x: n.sum}
  walked: {type: total, in: {values: walk.x}}
  found: {type: first, in: {any: [walked.count, loop.x, one.value]}}
)";
  EXPECT_EQ(result_of(yaml, "found.any"), 1);
}

TEST(Nothing, ABinIsSwitchedByALink) {
  const graph::GraphSpec spec = graph::load_files({{"main.yaml", R"(
graph: g
nodes:
  walk:
    type: each
    times: 3
    nodes:
      odd: {type: odd, in: {value: each.index}}
      bin: {include: bin.yaml, in: {value: each.index}, when: {if: odd.odd}}
    out: {x: bin.x}
  all: {type: digits, in: {values: walk.x}}
)"},
                                                   {"bin.yaml", R"(
graph: bin
in: {value: int}
nodes:
  sum: {type: add, plus: 3, in: {a: in.value}}
out: {x: sum.sum}
)"}});
  Seen seen({"all.number"});
  const graph::Plan plan(std::make_shared<const graph::Graph>(graph::check(spec, fake::registry())), {});
  EXPECT_EQ(execute(plan, {}, &seen).done, 1);
  EXPECT_EQ(seen.last("all.number", 0), 1949);
}

}  // namespace
