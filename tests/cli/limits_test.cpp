// SPDX-License-Identifier: MIT
// Each limit holds at its very number, and --max moves it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "imaging/files/png.h"
#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTensor = R"({"a":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},)"
                                R"("b":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[4,8]}})";
constexpr const char* kLoad =
    "graph: load\nnodes:\n  a: {type: load-image, path: a.png}\n"
    "  save: {type: save-image, in: {image: a.image}}\n";
constexpr const char* kLoadTensor =
    "graph: tensor\nnodes:\n  a: {type: load-tensor, path: a.safetensors, key: a}\n"
    "  save: {type: save-tensor, in: {value: a.value}}\n";

class Limits : public testing::Test {
 protected:
  Limits() {
    folder_.write("dots.yaml", kDots);
    folder_.write("tiny.yaml", "graph: g\nnodes: {a: {type: draw-noise}}\n");
    folder_.write("long.yaml",
                  "graph: g\nnodes: {a: {type: draw-noise, palette: [" + std::string(100'000, 'x') + "]}}\n");
    folder_.write("one.yaml", "graph: g\nnodes: {a: {include: two.yaml}}\n");
    folder_.write("two.yaml", "graph: g\nnodes: {a: {include: tiny.yaml}}\n");
    folder_.write("load.yaml", kLoad);
    folder_.write("tensor.yaml", kLoadTensor);
    std::string file(8, '\0');
    const std::uint64_t length = std::strlen(kTensor);
    std::memcpy(file.data(), &length, sizeof length);
    folder_.write("a.safetensors", file + kTensor + std::string(8, '\0'));
    const std::vector<std::byte> png = imaging::encode_png(cv::Mat::zeros(12, 16, CV_8UC3),
                                                           {{"k", std::string(100, 'a')}, {"l", std::string(50, 'b')}});
    folder_.write("a.png", {reinterpret_cast<const char*>(png.data()), png.size()});
  }

  std::string said(std::vector<std::string> words, const std::string& limit, std::uint64_t most) {
    words.insert(words.end(), {"--max", limit + "=" + std::to_string(most)});
    const Result result = decoupage(words, {folder_.path()});
    fs::remove_all(folder_ / "out");
    return result.out + result.err;
  }

  /// With `least` the command does not meet the limit, with one less it does and names it.
  void expect_edge(const std::string& limit, std::uint64_t least, const std::vector<std::string>& words) {
    const std::string named = "(--max " + limit + "=N sets another limit)";
    EXPECT_THAT(said(words, limit, least), Not(HasSubstr(named)));
    EXPECT_THAT(said(words, limit, least - 1), HasSubstr(named));
  }

  std::uint64_t size_of(const std::string& name) { return fs::file_size(folder_ / name); }

  Folder folder_;
};

TEST_F(Limits, OfGraphs) {
  expect_edge("graph-bytes", size_of("dots.yaml"), {"check", "dots.yaml"});
  expect_edge("graph-depth", 4, {"check", "dots.yaml"});
  expect_edge("graph-values", 9, {"check", "tiny.yaml"});
  expect_edge("graph-includes", 2, {"check", "one.yaml"});
  folder_.write("defaults.yaml",
                "graph: g\nparams:\n  a: {type: int, default: 8}\n  b: {type: int, default: $a}\n"
                "  c: {type: int, default: $b}\n  d: {type: int, default: $(c + a)}\n"
                "nodes: {n: {type: draw-noise, width: $d, height: 8}}\n");
  expect_edge("graph-defaults", 3, {"check", "defaults.yaml"});
  // The text is read in blocks.
  EXPECT_THAT(said({"check", "long.yaml"}, "graph-value-bytes", 64 << 10), HasSubstr("(--max graph-value-bytes=N"));
  EXPECT_THAT(said({"check", "long.yaml"}, "graph-value-bytes", 128 << 10),
              Not(HasSubstr("(--max graph-value-bytes=N")));
}

TEST_F(Limits, OfParamsFiles) {
  folder_.write("params.yaml", "prompt: " + std::string(5000, 'a') + "\n");
  expect_edge("graph-bytes", size_of("params.yaml"), {"draw", "dots.yaml", "--params", "params.yaml"});
}

TEST_F(Limits, OfSweeps) {
  expect_edge("sweep-values", 10, {"draw", "dots.yaml", "--seed", "0..9"});
  expect_edge("sweep-values", 10, {"draw", "dots.yaml", "--num-seeds", "10"});
  expect_edge("sweep-items", 20, {"draw", "dots.yaml", "--seed", "0..9", "--sweep", "scale=1,2"});
}

TEST_F(Limits, OfPictures) {
  const std::vector<std::string> run{"run", "load.yaml", "--output-dir", "out"};
  expect_edge("picture-bytes", size_of("a.png"), run);
  expect_edge("picture-pixels", 16 * 12, run);
  expect_edge("picture-side", 16, run);
}

TEST_F(Limits, OfTextsInPictures) {
  expect_edge("png-texts", 2, {"metadata", "a.png"});
  expect_edge("png-texts-bytes", 150, {"rerun", "a.png"});
  expect_edge("png-text-bytes", 100 + 6, {"metadata", "a.png"});  // what stands before the text counts
}

TEST_F(Limits, OfSafetensors) {
  const std::vector<std::string> run{"run", "tensor.yaml", "--output-dir", "out"};
  expect_edge("safetensors-header-bytes", std::strlen(kTensor), run);
  expect_edge("safetensors-tensors", 2, run);
}

TEST_F(Limits, OfRecords) {
  const auto again = [&](const std::string& limit, std::uint64_t most) {
    return decoupage({"merge", "made", "--max", limit + "=" + std::to_string(most)}, {folder_.path()});
  };
  ASSERT_EQ(decoupage({"run", "dots.yaml", "--output-dir", "made", "--quiet"}, {folder_.path()}).code, 0);
  EXPECT_EQ(again("record-bytes", size_of("made/run.json")).code, 0);
  const Result record = again("record-bytes", size_of("made/run.json") - 1);
  EXPECT_EQ(record.code, 2);
  EXPECT_THAT(record.err, AllOf(HasSubstr("made/run.json"), HasSubstr("--max record-bytes=N")));
  const std::uint64_t line = size_of("made/items.jsonl") - 1;
  EXPECT_EQ(again("record-line-bytes", line).code, 0);
  const Result lines = again("record-line-bytes", line - 1);
  EXPECT_NE(lines.code, 0);
  EXPECT_THAT(lines.err,
              AllOf(HasSubstr("made/items.jsonl:1: a line of more than"), HasSubstr("--max record-line-bytes=N")));
}

TEST_F(Limits, AreListed) {
  const Result result = decoupage({"limits", "--max", "picture-pixels=400M"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("graph-bytes "), HasSubstr(" 16 MiB  a graph file or a params file\n"),
                                HasSubstr(" 400,000,000  width times height of a picture\n")));
}

TEST_F(Limits, PageIsFresh) {
  std::ostringstream page;
  page << std::ifstream(std::string(SOURCE_DIR) + "/docs/limits.md").rdbuf();
  EXPECT_EQ(decoupage({"limits", "--markdown"}).out, page.str()) << "docs/limits.md is stale; refresh it: make docs";
}

TEST_F(Limits, MisspeltOnesAreRefused) {
  const auto refusal = [](const std::string& text) { return decoupage({"limits", "--max", text}).err; };
  EXPECT_THAT(
      refusal("picture-pixel=4"),
      HasSubstr(
          "--max: there is no limit 'picture-pixel' (did you mean 'picture-pixels'?); decoupage limits lists them"));
  EXPECT_THAT(refusal("picture-pixels"), HasSubstr("--max: expected NAME=N, such as picture-pixels=400M"));
  EXPECT_THAT(refusal("picture-pixels=many"),
              HasSubstr("--max: picture-pixels: expected a number such as 500, 20K or 1.5M"));
}

}  // namespace
}  // namespace testing_cli
