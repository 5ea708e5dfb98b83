// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/load.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

/// A case of faults.txt.
struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> files;
  std::string faults;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

std::vector<Case> read_cases() {
  std::ifstream file(SOURCE_DIR "/tests/graph/faults.txt");
  std::vector<Case> cases;
  std::string line;
  bool in_faults = false;
  while (std::getline(file, line)) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), {{"main.yaml", ""}}, ""});
      in_faults = false;
    } else if (cases.empty() || (in_faults && line.empty())) {
      continue;
    } else if (line.starts_with("--- ")) {
      cases.back().files.emplace_back(line.substr(4), "");
    } else if (line == ">>>") {
      in_faults = true;
    } else if (in_faults) {
      cases.back().faults += (cases.back().faults.empty() ? "" : "\n") + line;
    } else {
      cases.back().files.back().second += line + "\n";
    }
  }
  return cases;
}

std::string faults_of(const std::vector<std::pair<std::string, std::string>>& files,
                      const std::vector<Override>& overrides = {}) {
  try {
    check(load_files(files), fake::registry(), overrides);
    return "(none)";
  } catch (const Faults& faults) {
    return faults.what();
  }
}

std::string faults_of(const std::string& text, const std::vector<Override>& overrides = {}) {
  return faults_of(std::vector<std::pair<std::string, std::string>>{{"g.yaml", text}}, overrides);
}

class FaultsOf : public testing::TestWithParam<Case> {};

TEST_P(FaultsOf, AreTheseWords) {
  EXPECT_EQ(faults_of(GetParam().files), GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(Graphs, FaultsOf, testing::ValuesIn(read_cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(Faults, OfManyKindsArePinned) {
  std::set<std::string> names;
  for (const Case& one : read_cases()) EXPECT_TRUE(names.insert(one.name).second) << one.name << " is there twice";
  EXPECT_GE(names.size(), 150u);
}

const char* const kGraph =
    "graph: g\n"
    "params: {seed: {type: int, default: 0}}\n"
    "nodes:\n"
    "  n: {type: number, number: $seed}\n"
    "  w: {type: write, in: {value: n.value}}\n"
    "  l: {type: loop, steps: 2, nodes: {t: {type: text}}}\n";

TEST(Faults, OfSetNameTheFlag) {
  EXPECT_EQ(faults_of(kGraph, {{"m", "number", "3"}}), "--set m.number: error: no node 'm'");
  EXPECT_EQ(faults_of(kGraph, {{"l.tt", "words", "x"}}),
            "--set l.tt.words: error: no node 'l.tt' (did you mean 'l.t'?)");
  EXPECT_EQ(faults_of(kGraph, {{"n", "nummer", "3"}}),
            "--set n.nummer: error: node 'n' has no property 'nummer' (did you mean 'number'?)");
  EXPECT_EQ(faults_of(kGraph, {{"n", "number", "three"}}),
            "--set n.number: error: node 'n' (number): number: expected an int, got 'three'");
  EXPECT_EQ(faults_of(kGraph, {{"l", "steps", "-1"}}),
            "--set l.steps: error: loop 'l': steps: -1 is below the minimum 0");
  EXPECT_EQ(faults_of(kGraph, {{"l", "stepps", "1"}}),
            "--set l.stepps: error: node 'l' has no property 'stepps' (did you mean 'steps'?)");
  EXPECT_EQ(faults_of(kGraph, {{"n", "number", "$sed"}}),
            "--set n.number: error: node 'n' (number): number: no param 'sed' (did you mean 'seed'?)");
  EXPECT_EQ(faults_of(kGraph, {{"w", "file", "{sed}"}}),
            "--set w.file: error: node 'w' (write): file: {sed} names nothing (did you mean 'seed'?)");
}

TEST(Faults, OfSetOnABin) {
  const std::vector<std::pair<std::string, std::string>> files{
      {"g.yaml", "graph: g\nnodes: {b: {include: bin.yaml}}\n"},
      {"bin.yaml",
       "graph: bin\nparams: {n: {type: int, default: 1, max: 9}}\nnodes: {a: {type: number, number: $n}}\n"}};
  EXPECT_EQ(faults_of(files, {{"b", "n", "9"}}), "(none)");
  EXPECT_EQ(faults_of(files, {{"b", "n", "10"}}), "--set b.n: error: bin 'b': n: 10 is above the maximum 9");
  EXPECT_EQ(faults_of(files, {{"b", "nn", "1"}}),
            "--set b.nn: error: node 'b' has no property 'nn' (did you mean 'n'?)");
}

TEST(Faults, AllAreReportedAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(faults_of("graph: g\n"
                      "params: {seed: {type: int, default: x}}\n"
                      "nodes:\n"
                      "  a: {type: numbr, number: $seed}\n"
                      "  b: {type: add, plus: 2000, in: {a: c.value, c: b.sum}}\n"),
            "g.yaml:2:37: error: param 'seed': default: expected an int, got 'x'\n"
            "g.yaml:4:13: error: node 'a': unknown type 'numbr' (did you mean 'number'?)\n"
            "g.yaml:5:24: error: node 'b' (add): plus: 2000 is above the maximum 1000\n"
            "g.yaml:5:38: error: node 'b' (add): input 'a': no node 'c'\n"
            "g.yaml:5:47: error: node 'b' (add): no input 'c'; it takes a, b");
}

TEST(Faults, AreCutAtAHundred) {
  std::string text = "graph: g\nnodes:\n";
  for (int i = 0; i < 250; ++i) text += "  a" + std::to_string(i) + ": {type: nmber}\n";
  try {
    check(load_text(text, "g.yaml"), fake::registry());
    FAIL();
  } catch (const Faults& faults) {
    ASSERT_EQ(faults.list().size(), 101u);
    EXPECT_EQ(faults.list()[0].text(), "g.yaml:3:14: error: node 'a0': unknown type 'nmber' (did you mean 'number'?)");
    EXPECT_EQ(faults.list()[100].what, "… and 150 more");
  }
}

TEST(Faults, CountColumnsInCharacters) {
  EXPECT_EQ(faults_of("graph: g\nnodes: {a: {about: \"éü€😀\", type: nmber}}\n"),
            "g.yaml:2:34: error: node 'a': unknown type 'nmber' (did you mean 'number'?)");
}

TEST(Faults, OfAliasedValuesAreReportedWhereTheyStand) {
  EXPECT_EQ(faults_of("graph: g\n"
                      "nodes:\n"
                      "  l:\n"
                      "    type: loop\n"
                      "    steps: 2\n"
                      "    nodes:\n"
                      "      a: {type: number, when: &late {form: 0.5}}\n"
                      "      b: {type: number, when: *late}\n"),
            "g.yaml:7:38: error: node 'a': when: unknown key 'form' (did you mean 'from'?)\n"
            "g.yaml:7:38: error: node 'b': when: unknown key 'form' (did you mean 'from'?)");
}

}  // namespace
}  // namespace graph
