// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/load.h"
#include "graph/plan.h"
#include "tests/graph/fake_nodes.h"

namespace {

using testing::HasSubstr;

/// What is wrong with a graph of nodes that write, with these params; "" when nothing is.
std::string names_faults(const std::string& nodes, const std::vector<graph::Assignment>& assignments = {}) {
  const std::string yaml =
      "graph: g\nparams: {n: {type: int, default: 1}, words: {type: string, default: a}, "
      "on: {type: bool, default: true}}\n"
      "nodes:\n  a: {type: number, number: $n}\n  t: {type: text, words: $words}\n" +
      nodes + "\n  o: {type: number, number: 1, when: {if: $on}}\n";
  try {
    const auto checked = std::make_shared<graph::Graph>(graph::check(graph::load_text(yaml), fake::registry()));
    const graph::Plan plan(checked, assignments);
  } catch (const graph::Faults& faults) {
    return faults.what();
  }
  return "";
}

std::string writer(const std::string& name, const std::string& file, const std::string& more = "") {
  return "  " + name + ": {type: write, file: \"" + file + "\"" + more + ", in: {value: a.value}}\n";
}

TEST(FileNames, TwoNodesWriteNoOneFile) {
  EXPECT_THAT(names_faults(writer("x", "f.txt") + writer("y", "f.txt")),
              HasSubstr("node 'y': 'f.txt' is the name of a file of node 'x', too; give each its own, or add {node}"));
  EXPECT_THAT(names_faults(writer("x", "{n}.txt") + writer("y", "./${n}.txt")), HasSubstr("'1.txt' is the name"));
  EXPECT_EQ(names_faults(writer("x", "{node}.txt") + writer("y", "{node}.txt")), "");
  const std::string branches =
      "  c: {type: nudge, by: 1, when: {if: $on}, in: {value: a.value}}\n"
      "  d: {type: nudge, by: 2, when: {unless: $on}, in: {value: a.value}}\n"
      "  x: {type: write, file: f.txt, in: {value: c.value}}\n  y: {type: write, file: f.txt, in: {value: d.value}}\n";
  EXPECT_EQ(names_faults(branches), "") << "branches that exclude each other";
  EXPECT_EQ(names_faults(writer("x", "f.txt", ", when: {if: $on}") + writer("y", "f.txt", ", when: {unless: $on}")),
            "");
}

TEST(FileNames, TwoItemsHaveNoOneSlug) {
  const std::vector<graph::Assignment> prompts{{"words", {std::string("A cat!"), std::string("a cat")}, {"--words"}}};
  EXPECT_THAT(names_faults(writer("x", "{words}.txt"), prompts),
              HasSubstr("'a_cat.txt' is the name of a file of two items: words=A cat! and words=a cat; add {item}"));
}

TEST(FileNames, DifferInMoreThanSomeFileSystemsSee) {
  EXPECT_THAT(
      names_faults(writer("x", "A.txt") + writer("y", "a.txt")),
      HasSubstr("node 'y': 'a.txt' is on some file systems the same as 'A.txt', the name of a file of node 'x'"));
  EXPECT_THAT(names_faults(writer("x", "e\u0301.txt") + writer("y", "\u00e9.txt")), HasSubstr("on some file systems"));
  EXPECT_EQ(names_faults(writer("x", "a/b.txt") + writer("y", "a/c.txt")), "");
}

TEST(FileNames, NoFileIsAFolderOfAnother) {
  EXPECT_THAT(names_faults(writer("x", "a/b") + writer("y", "a/b/c.txt")),
              HasSubstr("node 'y': 'a/b/c.txt' cannot be a file while 'a/b' of node 'x' is one: a folder of it has"));
  EXPECT_THAT(
      names_faults(writer("x", "a/b/c.txt") + writer("y", "a")),
      HasSubstr("node 'y': 'a' cannot be a file while 'a/b/c.txt' of node 'x' is one in a folder of that name"));
}

TEST(FileNames, HaveAtMost255Bytes) {
  const std::string letters(251, 'x');
  EXPECT_EQ(names_faults(writer("x", letters + ".txt")), "");
  EXPECT_THAT(names_faults(writer("x", "a/" + letters + "x.txt")),
              HasSubstr("…' has 256 bytes, and a file's name may have 255"));
  std::string cats;
  for (int i = 0; i < 50; ++i) cats += "猫";
  const std::vector<graph::Assignment> prompts{{"words", {cats}, {"--words"}}};
  EXPECT_EQ(names_faults(writer("x", "{words}.txt"), prompts), "");
  EXPECT_THAT(names_faults(writer("x", "{words}-{words}.txt"), prompts), HasSubstr("has 305 bytes"));
}

TEST(FileNames, ARunsRecordIsItsOwn) {
  for (const char* name :
       {"run.json", "Run.JSON", "items.jsonl", "items-1-of-2.jsonl", "runs/0001/a.txt", "./run.json"})
    EXPECT_THAT(names_faults(writer("x", name)), HasSubstr("is a name under which a run keeps its own record")) << name;
  EXPECT_EQ(names_faults(writer("x", "more/run.json")), "");
}

}  // namespace
