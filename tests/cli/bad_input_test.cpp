// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class BadInput : public testing::Test {
 protected:
  /// What a run of the file says; it must leave with 2 and make nothing.
  std::string refusal(const std::string& file) {
    const Result result = decoupage({"run", file}, {folder_.path()});
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_FALSE(fs::exists(folder_ / "outputs"));
    EXPECT_EQ(decoupage({"check", file}, {folder_.path()}).code, 2);
    return result.err;
  }

  Folder folder_;
};

TEST_F(BadInput, MissingFile) {
  folder_.write("dots.yaml", kDots);
  EXPECT_THAT(refusal("dot.yaml"),
              AllOf(HasSubstr("dot.yaml: error: cannot read the graph file: there is no such file"),
                    HasSubstr("did you mean 'dots.yaml'?")));
}

TEST_F(BadInput, FolderEmptyAndBinaryFiles) {
  EXPECT_THAT(refusal("."), HasSubstr("it is a folder"));
  folder_.write("empty.yaml", "");
  EXPECT_THAT(refusal("empty.yaml"), HasSubstr("empty.yaml:1:1: error: "));
  folder_.write("binary.yaml", std::string("\x7f"
                                           "ELF\0\0\x01\xff\xfe\x80",
                                           10));
  EXPECT_THAT(refusal("binary.yaml"), HasSubstr("binary.yaml:1:"));
}

TEST_F(BadInput, HundredMegabytes) {
  folder_.write("large.yaml", "graph: large\n");
  fs::resize_file(folder_ / "large.yaml", 100u << 20);
  EXPECT_THAT(refusal("large.yaml"), HasSubstr("it is too large: 104857600 bytes"));
}

TEST_F(BadInput, NestedLists) {
  folder_.write("deep.yaml", "graph: deep\nnodes: " + std::string(10'000, '[') + std::string(10'000, ']') + "\n");
  EXPECT_THAT(refusal("deep.yaml"), AllOf(HasSubstr("deep.yaml:2:"), HasSubstr("100")));
}

TEST_F(BadInput, AliasBomb) {
  std::string text = "graph: bomb\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k ? ", " : "") + last;
    text += "]\n";
  }
  folder_.write("bomb.yaml", text);
  EXPECT_THAT(refusal("bomb.yaml"), HasSubstr("2000000"));
}

TEST_F(BadInput, IncludeCycle) {
  folder_.write("a.yaml", "graph: a\nnodes: {b: {include: b.yaml}}\n");
  folder_.write("b.yaml", "graph: b\nnodes: {a: {include: a.yaml}}\n");
  EXPECT_THAT(refusal("a.yaml"), HasSubstr("includes go in a circle: a.yaml -> b.yaml -> a.yaml"));
}

TEST_F(BadInput, OutputFolderThatCannotBeMade) {
  folder_.write("dots.yaml", kDots);
  folder_.write("file", "in the way");
  const Result result = decoupage({"run", "dots.yaml", "--output-dir", "file/out"}, {folder_.path()});
  EXPECT_EQ(result.code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("file"));
  EXPECT_EQ(folder_.read("file"), "in the way");
}

TEST_F(BadInput, OutputFolderThatCannotBeWritten) {
  folder_.write("dots.yaml", kDots);
  const Result result = decoupage({"run", "dots.yaml", "--output-dir", "/proc/decoupage"}, {folder_.path()});
  EXPECT_EQ(result.code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("/proc/decoupage"));
}

/// As on a full disk: what is beyond the limit is not written.
TEST_F(BadInput, FullDiskFailsTheItemsAndLeavesNothingHalfWritten) {
  folder_.write("dots.yaml", kDots);
  Start start{folder_.path()};
  start.file_limit = 12'000;
  const Result result = decoupage({"run", "dots.yaml", "--set", "noise.width=128", "--set", "noise.height=128",
                                   "--seed", "0..3", "--output-dir", "out"},
                                  start);
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("File too large"));
  EXPECT_THAT(folder_.outputs("out"), IsEmpty());
  for (const std::string& name : folder_.names("out")) EXPECT_THAT(name, testing::Not(testing::EndsWith(".png")));
  // Once there is room, the run can go on.
  const Result rest = decoupage({"run", "dots.yaml", "--set", "noise.width=128", "--set", "noise.height=128", "--seed",
                                 "0..3", "--output-dir", "out", "--resume"},
                                {folder_.path()});
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_THAT(folder_.outputs("out"), SizeIs(4));
}

TEST_F(BadInput, RecordThatCannotBeWrittenStopsTheRun) {
  folder_.write("dots.yaml", kDots);
  Start start{folder_.path()};
  start.file_limit = 20'000;  // enough for pictures, not for the record of so many
  const Result result = decoupage({"run", "dots.yaml", "--seed", "0..499", "--set", "noise.width=2", "--set",
                                   "noise.height=2", "--output-dir", "out"},
                                  start);
  EXPECT_THAT(result.code, AnyOf(1, 2)) << result.err;
  EXPECT_THAT(result.err, AnyOf(HasSubstr("File too large"), HasSubstr("No space left")));
  EXPECT_THAT(result.err, HasSubstr("items.jsonl"));
}

TEST_F(BadInput, OpeningAGraphRunsNothing) {
  folder_.write("dots.yaml", kDots);
  EXPECT_EQ(decoupage({"check", "dots.yaml"}, {folder_.path()}).code, 0);
  EXPECT_EQ(decoupage({"draw", "dots.yaml"}, {folder_.path()}).code, 0);
  EXPECT_EQ(decoupage({"run", "dots.yaml", "--help"}, {folder_.path()}).code, 0);
  EXPECT_THAT(folder_.names("."), testing::ElementsAre("dots.yaml"));
}

}  // namespace
}  // namespace testing_cli
