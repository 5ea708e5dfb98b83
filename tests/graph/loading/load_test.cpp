// SPDX-License-Identifier: MIT
#include "graph/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace graph {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// A folder of its own for a test, gone after it.
class Load : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("decoupage_load_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

  /// What is wrong, without the folder's name.
  template <class Function>
  std::string faults_of(const Function& function) const {
    try {
      function();
      return "(none)";
    } catch (const Faults& faults) {
      std::string text = faults.what();
      const std::string prefix = folder_.string() + "/";
      for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
        text.erase(at, prefix.size());
      }
      return text;
    }
  }
  std::string file_faults(const std::string& name, const LoadLimits& limits = {}) const {
    return faults_of([&] { load_file(path(name), limits); });
  }

  fs::path folder_;
};

const char* const kOne = "graph: one\nnodes: {a: {type: number}}\n";

TEST_F(Load, ReadsWhatIsWritten) {
  const GraphSpec spec = load_text(
      "graph: whole\n"
      "about: all of it\n"
      "version: 1\n"
      "params:\n"
      "  size: {type: int, default: 010, min: 1, max: 1000, about: how large}\n"
      "  word: {type: string, default: no, choices: [no, yes]}\n"
      "  must: {type: path}\n"
      "nodes:\n"
      "  a: {type: number, number: $size, about: a note}\n"
      "  b: {type: nudge, by: {from: 0, to: $x}, in: {value: a.value}}\n"
      "  c:\n"
      "    type: loop\n"
      "    steps: 3\n"
      "    when: {from: 0.5}\n"
      "    state: {x: a.value}\n"
      "    nodes: {d: {type: add, in: {a: state.x}}}\n"
      "    next: {x: d.sum}\n"
      "    out: {x: d.sum}\n"
      "  e: {type: gather, per: [size], in: {values: c.x}}\n"
      "out: {sum: e.sum}\n",
      "g.yaml", "some/folder");
  EXPECT_EQ(spec.name, "whole");
  EXPECT_EQ(spec.about, "all of it");
  EXPECT_EQ(spec.folder, "some/folder");
  ASSERT_EQ(spec.params.size(), 3u);
  EXPECT_EQ(spec.params[0].kind, Kind::kInt);
  EXPECT_EQ(spec.params[0].value->text, "010");
  EXPECT_EQ(spec.params[0].range.max, 1000);
  EXPECT_EQ(spec.params[0].about, "how large");
  EXPECT_EQ(spec.params[1].value->text, "no");
  EXPECT_THAT(spec.params[1].range.choices, ElementsAre("no", "yes"));
  EXPECT_FALSE(spec.params[2].value);
  ASSERT_EQ(spec.nodes.size(), 4u);
  EXPECT_EQ(spec.nodes[0].type.text, "number");
  ASSERT_EQ(spec.nodes[0].props.size(), 1u);
  EXPECT_EQ(spec.nodes[0].props[0].value.text, "$size");
  EXPECT_EQ(spec.nodes[0].props[0].value.mark.line, 9);
  EXPECT_EQ(spec.nodes[0].props[0].value.mark.column, 29);
  EXPECT_EQ(spec.nodes[1].props[0].value.tree->find("to")->as<std::string>(), "$x");
  EXPECT_EQ(spec.nodes[1].in[0].source.text, "a.value");
  const NodeSpec& loop = spec.nodes[2];
  EXPECT_EQ(loop.steps->text, "3");
  EXPECT_EQ(loop.when->from->text, "0.5");
  EXPECT_FALSE(loop.when->to);
  EXPECT_EQ(loop.state[0].source.text, "a.value");
  EXPECT_EQ(loop.nodes[0].name, "d");
  EXPECT_EQ(loop.next[0].name, "x");
  EXPECT_EQ(loop.out[0].source.text, "d.sum");
  EXPECT_EQ(spec.nodes[3].per[0].text, "size");
  EXPECT_EQ(spec.out[0].name, "sum");
  ASSERT_EQ(spec.files.size(), 1u);
  EXPECT_EQ(spec.files[0].first, "g.yaml");
}

TEST_F(Load, TakesKeysInAnyOrder) {
  const GraphSpec spec = load_text(
      "nodes: {l: {out: {x: a.value}, nodes: {a: {number: 1, type: number}}, steps: 2, type: loop}}\n"
      "graph: g\n");
  EXPECT_EQ(spec.nodes[0].out[0].name, "x");
}

TEST_F(Load, NamesTheFileThatCannotBeRead) {
  write("graph.yaml", kOne);
  EXPECT_EQ(file_faults("grahp.yaml"),
            "grahp.yaml: error: cannot read the graph file: there is no such file (did you mean 'graph.yaml'?)");
  EXPECT_EQ(file_faults("no/such/thing.yaml"),
            "no/such/thing.yaml: error: cannot read the graph file: there is no such file");
  EXPECT_THAT(file_faults(""), HasSubstr("cannot read the graph file: it is a folder"));
}

TEST_F(Load, RefusesFilesThatAreNoGraphs) {
  write("empty.yaml", "");
  EXPECT_EQ(file_faults("empty.yaml"), "empty.yaml:1:1: error: the file is empty");
  write("binary.yaml", std::string("\x7F"
                                   "ELF\0\0",
                                   6));
  EXPECT_THAT(file_faults("binary.yaml"), HasSubstr("binary.yaml:1:1: error: not a text file"));
  fs::resize_file(write("huge.yaml", kOne), 100u << 20);
  EXPECT_EQ(file_faults("huge.yaml"),
            "huge.yaml: error: cannot read the graph file: it is too large: 104857600 bytes, where a file may have at "
            "most 16 MiB (--max graph-bytes=N sets another limit)");
  EXPECT_THAT(faults_of([] { load_file("/dev/zero"); }),
              HasSubstr("it is too large: a file may have at most 16 MiB (--max graph-bytes=N sets another limit)"));
}

TEST_F(Load, IncludesCountFromTheIncludingFile) {
  write("main.yaml", "graph: main\nnodes: {a: {include: bins/one.yaml}, b: {include: ./bins/../bins/one.yaml}}\n");
  write("bins/one.yaml", "graph: one\nnodes: {c: {include: two.yaml, word: x}}\n");
  write("bins/two.yaml", "graph: two\nparams: {word: {type: string}}\nnodes: {d: {type: text, words: $word}}\n");
  const GraphSpec spec = load_file(path("main.yaml"));
  ASSERT_EQ(spec.nodes.size(), 2u);
  EXPECT_EQ(spec.nodes[0].include, spec.nodes[1].include) << "a file is read once";
  EXPECT_EQ(spec.nodes[0].include->folder, path("bins"));
  EXPECT_EQ(spec.nodes[0].include->nodes[0].include->name, "two");
  ASSERT_EQ(spec.files.size(), 3u);
  EXPECT_EQ(spec.files[0].first, path("main.yaml"));
  EXPECT_EQ(spec.files[1].first, path("bins/one.yaml"));
  EXPECT_EQ(spec.files[2].first, path("bins/two.yaml"));

  const GraphSpec again = load_files(spec.files);  // as a recipe keeps them
  fs::remove_all(folder_);
  EXPECT_EQ(load_files(spec.files).nodes[0].include->nodes[0].include->name, "two");
  EXPECT_EQ(again.files, spec.files);
}

TEST_F(Load, FaultsOfIncludedFilesAreReportedOnceWithTheirPlace) {
  write("main.yaml", "graph: main\nnodes: {a: {include: bin.yaml}, b: {include: bin.yaml}}\n");
  write("bin.yaml", "graph: bin\nnodes: [a]\n");
  EXPECT_EQ(file_faults("main.yaml"),
            "bin.yaml:2:8: error: nodes: expected a map such as {NAME: {type: TYPE}}, found a list");
}

TEST_F(Load, NamesTheIncludeThatIsMissing) {
  write("main.yaml", "graph: main\nnodes: {a: {include: bins/on.yaml}}\n");
  write("bins/one.yaml", kOne);
  EXPECT_EQ(file_faults("main.yaml"),
            "main.yaml:2:22: error: node 'a': cannot include 'bins/on.yaml': there is no such file (did you mean "
            "'one.yaml'?)");
}

TEST_F(Load, NamesTheCircleOfIncludes) {
  write("a.yaml", "graph: a\nnodes: {n: {include: b.yaml}}\n");
  write("b.yaml", "graph: b\nnodes: {n: {include: a.yaml}}\n");
  EXPECT_EQ(file_faults("a.yaml"), "b.yaml:2:22: error: node 'n': includes go in a circle: a.yaml -> b.yaml -> a.yaml");
  fs::create_symlink(path("a.yaml"), path("c.yaml"));
  write("b.yaml", "graph: b\nnodes: {n: {include: c.yaml}}\n");
  EXPECT_EQ(file_faults("a.yaml"), "b.yaml:2:22: error: node 'n': includes go in a circle: a.yaml -> b.yaml -> c.yaml");
}

TEST_F(Load, IncludesMayBeSixteenDeep) {
  const auto chain = [&](int levels) {
    for (int i = 0; i < levels; ++i) {
      write(std::to_string(i) + ".yaml", "graph: g\nnodes: {n: {include: " + std::to_string(i + 1) + ".yaml}}\n");
    }
    write(std::to_string(levels) + ".yaml", kOne);
  };
  chain(16);
  EXPECT_EQ(file_faults("0.yaml"), "(none)");
  chain(17);
  EXPECT_EQ(
      file_faults("0.yaml"),
      "16.yaml:2:22: error: node 'n': includes are nested deeper than 16 (--max graph-includes=N sets another limit)");
  // Also when the deep part was read before, from a place where it was not too deep.
  write("main.yaml", "graph: g\nnodes: {a: {include: 2.yaml}, b: {include: 1.yaml}}\n");
  EXPECT_EQ(
      file_faults("main.yaml"),
      "1.yaml:2:22: error: node 'n': includes are nested deeper than 16 (--max graph-includes=N sets another limit)");
}

TEST_F(Load, CountsABombOfIncludesByWhatItMeans) {
  std::string many = "graph: g\nnodes:\n";
  for (int i = 0; i < 10; ++i) many += "  n" + std::to_string(i) + ": {include: NEXT}\n";
  for (int i = 0; i < 10; ++i) {
    std::string text = many;
    for (std::size_t at = text.find("NEXT"); at != std::string::npos; at = text.find("NEXT")) {
      text.replace(at, 4, std::to_string(i + 1) + ".yaml");
    }
    write(std::to_string(i) + ".yaml", text);
  }
  write("10.yaml", kOne);
  EXPECT_EQ(
      file_faults("0.yaml"),
      "4.yaml:4:17: error: node 'n1': values once includes are followed: at most 2000000 (--max graph-values=N sets "
      "another limit)");
}

}  // namespace
}  // namespace graph
