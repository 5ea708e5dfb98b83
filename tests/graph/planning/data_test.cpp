// SPDX-License-Identifier: MIT
// Structured settings in graph files: data that names params, data params, defaults by another param, and null.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "graph/shape.h"
#include "tests/graph/run_graph.h"

namespace {
using fake::ints;
using fake::plan_of;
using graph::parse_data;

std::string json(const graph::Plan& plan, const std::string& node, int item = 0) {
  return graph::to_text(plan.props(plan.graph().find_node(node), item).values()[0]);
}

std::string faults_of(const std::string& yaml, const std::vector<graph::Assignment>& given = {}) {
  try {
    plan_of(yaml, given);
  } catch (const graph::Faults& faults) {
    return faults.what();
  }
  return "(none)";
}

constexpr const char* kPlot = R"yaml(
graph: g
params:
  seed: {type: int, default: 3}
  name: {type: string, default: cat}
  records:
    type: data
    default:
      - {name: one}
      - {name: two, weight: 2}
nodes:
  given: {type: plot, records: $records}
  made: {type: plot, records: [{name: "${name} $(seed + 1)", weight: $seed}, {name: "$$5"}]}
  file: {type: write, file: "{records}.txt", in: {value: n.value}}
  n: {type: number}
)yaml";

constexpr const char* kRest = R"("kind":"cosine","at":null,"title":"","file":null})";

TEST(DataParams, HaveTheShapeOfWhatTheyFeed) {
  const graph::Plan plan = plan_of(kPlot);
  EXPECT_EQ(json(plan, "given"),
            std::string(R"([{"name":"one","weight":1,)") + kRest + R"(,{"name":"two","weight":2,)" + kRest + "]");
  const graph::Param& param = plan.graph().params[2];
  ASSERT_TRUE(param.range.shape);
  EXPECT_EQ(graph::describe(param.kind, param.range), "data: list of record, at least 1 element");
}

TEST(DataParams, AreReadAtTheirPlaces) {
  const graph::Assignment given{"records", {parse_data("[{name: a}, {nam: b}]", "--records")}, {"--records"}};
  EXPECT_EQ(faults_of(kPlot, {given}),
            "--records:1:13: error: param records[1]: field 'name' must be given: string, what it is "
            "called\n"
            "--records:1:14: error: param records[1]: no field 'nam' (did you mean 'name'?)");
}

TEST(DataParams, OfSeveralDocumentsAreASweep) {
  const graph::Assignment given{
      "records", {parse_data("[{name: a}]", "x"), parse_data("[{name: b}]", "x")}, {"--records"}};
  const graph::Plan plan = plan_of(kPlot, {given});
  EXPECT_EQ(plan.items(), 2);
  EXPECT_EQ(json(plan, "given", 1), std::string(R"([{"name":"b","weight":1,)") + kRest + "]");
  EXPECT_EQ(faults_of(kPlot, {{"records",
                               {parse_data("[{name: a, weight: 2}]", "x"), parse_data("[{weight: 2, name: a}]", "x")},
                               {"--records"}}}),
            "--records: error: param 'records' is swept over "
            R"([{"name":"a","weight":2,"kind":"cosine","at":null,"title":"","file":null}] twice)");
}

TEST(DataThatNamesParams, IsMadeForEachItem) {
  const graph::Plan plan = plan_of(kPlot, {ints("seed", 3, 4)});
  EXPECT_EQ(json(plan, "made", 1),
            std::string(R"([{"name":"cat 5","weight":4,)") + kRest + R"(,{"name":"$5","weight":1,)" + kRest + "]");
  EXPECT_EQ(plan.scope(plan.graph().find_node("made")), 1u);
  EXPECT_EQ(plan.scope(plan.graph().find_node("given")), 0u);
  EXPECT_EQ(faults_of(kPlot, {ints("seed", 7, 9)}),
            "graph.yaml:13:70: error: node 'made': records[0].weight: 9 is above the maximum 8");
}

TEST(DataInBins, IsGivenWhole) {
  const std::string folder = testing::TempDir() + "data_in_bins/";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "bin.yaml") << "graph: b\nparams: {records: {type: data, default: [{name: own}]}}\n"
                                        "nodes: {p: {type: plot, records: $records}}\n";
  std::ofstream(folder + "main.yaml") << "graph: g\nparams: {all: {type: data, default: [{name: all}]}}\nnodes:\n"
                                         "  a: {include: bin.yaml}\n"
                                         "  b: {include: bin.yaml, records: [{name: given}]}\n"
                                         "  c: {include: bin.yaml, records: $all}\n";
  const graph::Plan plan(
      std::make_shared<const graph::Graph>(graph::check(graph::load_file(folder + "main.yaml"), fake::registry())), {});
  EXPECT_NE(json(plan, "a.p").find("own"), std::string::npos);
  EXPECT_NE(json(plan, "b.p").find("given"), std::string::npos);
  EXPECT_NE(json(plan, "c.p").find("all"), std::string::npos);
  EXPECT_TRUE(plan.graph().params[0].range.shape) << "through the bin";
}

TEST(DataPaths, CountFromTheWorkingFolderOrElseFromTheFile) {
  const std::string folder = testing::TempDir() + "data_paths/";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "here.txt") << "x";
  std::ofstream(folder + "records.json") << R"([{"name": "a", "file": "here.txt"}, {"name": "b", "file": "none.txt"}])";
  const graph::Plan plan = plan_of(kPlot, {{"records", {graph::load_data(folder + "records.json")}, {"x"}}});
  const std::string read = json(plan, "given");
  EXPECT_NE(read.find("\"file\":\"" + folder + "here.txt\""), std::string::npos) << read;
  EXPECT_NE(read.find("\"file\":\"none.txt\""), std::string::npos) << read;
}

constexpr const char* kDefaults = R"yaml(
graph: g
params:
  compat: {type: string, default: fix, choices: [fix, ref]}
  seed: {type: int, default: 3}
  level: {type: int, default: {by: compat, fix: 1, ref: 2}}
  next: {type: int, default: $(seed + 1), max: 9}
  records: {type: data, default: {by: compat, fix: [{name: new}], ref: [{name: old}]}}
nodes:
  a: {type: number, number: $level}
  b: {type: number, number: $next}
  p: {type: plot, records: $records}
  w: {type: write, file: "{compat}-{next}-{level}.txt", in: {value: a.value}}
)yaml";

TEST(Defaults, GoByParamsAboveThem) {
  const graph::Plan plan = plan_of(kDefaults);
  EXPECT_EQ(json(plan, "a"), "1");
  EXPECT_EQ(json(plan, "b"), "4");
  EXPECT_NE(json(plan, "p").find("new"), std::string::npos);
  const graph::Plan ref = plan_of(kDefaults, {{"compat", {std::string("ref")}, {"--compat"}}, ints("seed", 5, 6)});
  EXPECT_EQ(json(ref, "a", 1), "2");
  EXPECT_EQ(json(ref, "b", 1), "7");
  EXPECT_NE(json(ref, "p").find("old"), std::string::npos);
  EXPECT_EQ(ref.scope(ref.graph().find_node("b")), 1u) << "the seed decides";
  EXPECT_EQ(ref.scope(ref.graph().find_node("a")), 0u);
}

TEST(Defaults, GiveWayToWhatIsGiven) {
  const graph::Plan plan = plan_of(kDefaults, {ints("level", 7, 8), ints("next", 9, 9)});
  EXPECT_EQ(plan.items(), 2);
  EXPECT_EQ(json(plan, "a", 1), "8");
  EXPECT_EQ(json(plan, "b", 1), "9");
}

TEST(Defaults, AreInTheirRange) {
  EXPECT_EQ(faults_of(kDefaults, {ints("seed", 9, 9)}),
            "graph.yaml:7:30: error: param 'next': default: 10 is above the maximum 9");
}

constexpr const char* kNull = R"yaml(
graph: g
params:
  plus: {type: int, default: 5, nullable: true}
  words: {type: string, default: ~, nullable: true}
nodes:
  n: {type: number}
  a: {type: add, plus: $plus, in: {a: n.value}}
  t: {type: text, words: "[${words}]"}
  u: {type: text, words: $words}
  w: {type: write, file: "{plus}.txt", when: {if: '$(words == "")'}, in: {value: a.sum}}
)yaml";

TEST(Null, CountsAsNotGiven) {
  const graph::Plan plan = plan_of(kNull, {{"plus", {graph::Data()}, {"--plus"}}});
  const graph::Plan usual = plan_of(
      "graph: g\nnodes: {n: {type: number}, a: {type: add, in: {a: n.value}}, "
      "u: {type: text}}\n");
  EXPECT_EQ(json(plan, "a"), json(usual, "a"));
  EXPECT_EQ(json(plan_of(kNull), "a"), "5") << "absent is the default";
  EXPECT_EQ(json(plan, "t"), "[]");
  EXPECT_EQ(json(plan, "u"), json(usual, "u"));
  EXPECT_EQ(json(plan_of(kNull, {{"words", {std::string()}, {"--words"}}}), "u"), "") << "an empty text is not null";
  EXPECT_EQ(graph::to_text(graph::parse_value(plan.graph().params[0], "null")), "null");
  EXPECT_EQ(faults_of(kPlot, {{"seed", {graph::Data()}, {"--seed"}}}),
            "--seed: error: param 'seed': expected int, got 'null'");
}

}  // namespace
