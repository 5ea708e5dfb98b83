// SPDX-License-Identifier: MIT
// What paths mean in the records of a run: two files of one spelling are two, one file of two spellings is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "imaging/files/png.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kResized = R"(graph: paths
params:
  image: {type: path, default: own.png}
  width: {type: int, default: 16}
nodes:
  a: {type: load-image, path: $image}
  b: {type: resize, width: $width, in: {image: a.image}}
  s: {type: save-image, path: "x-{width}.png", in: {image: b.image}}
  sheet: {type: contact-sheet, in: {image: b.image}}
  show:  {type: save-image, path: sheet.png, in: {image: sheet.image}}
)";

class Paths : public testing::Test {
 protected:
  Paths() {
    folder_.write("g.yaml", kResized);
    picture("a/p.png", 40);
    picture("b/p.png", 200);
  }

  void picture(const std::string& name, int grey) const {
    const std::vector<std::byte> bytes = imaging::encode_png(cv::Mat(32, 32, CV_8UC3, cv::Scalar::all(grey)));
    folder_.write(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  Result run(const std::string& in, std::vector<std::string> more) const {
    more.insert(more.begin(), {"run", folder_ / "g.yaml", "--width", "8,16", "--output-dir", folder_ / "out"});
    return decoupage(more, {folder_ / in});
  }

  Folder folder_;
};

TEST_F(Paths, AnotherFileOfTheSameSpellingIsAnotherRun) {
  ASSERT_EQ(run("a", {"--image", "p.png"}).code, 0);
  fs::remove(folder_ / "out/x-16.png");
  const Result other = run("b", {"--image", "p.png", "--resume"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err,
              AllOf(HasSubstr("param image was " + folder_ / "a/p.png"), HasSubstr("is " + folder_ / "b/p.png")));
  EXPECT_EQ(run("b", {"--image", "p.png", "--resume", "--shard", "1/1"}).code, 2);
  EXPECT_FALSE(fs::exists(folder_ / "out/x-16.png"));
}

TEST_F(Paths, OneFileOfTwoSpellingsIsTheSameRun) {
  ASSERT_EQ(run("a", {"--image", "p.png"}).code, 0);
  fs::create_symlink(folder_ / "a/p.png", folder_ / "link.png");
  for (const std::string& spelling : {folder_ / "a/p.png", folder_ / "b/../a/./p.png", folder_ / "link.png"}) {
    fs::remove(folder_ / "out/x-16.png");
    const Result same = run("b", {"--image", spelling, "--resume"});
    EXPECT_EQ(same.code, 0) << spelling << ": " << same.err;
    EXPECT_TRUE(fs::exists(folder_ / "out/x-16.png")) << spelling;
  }
}

TEST_F(Paths, AGraphFileElsewhereReadsOtherFiles) {
  folder_.write("a/g.yaml",
                "graph: own\nnodes:\n  a: {type: load-image, path: p.png}\n"
                "  s: {type: save-image, path: x.png, in: {image: a.image}}\n");
  fs::copy_file(folder_ / "a/g.yaml", folder_ / "b/g.yaml");
  ASSERT_EQ(decoupage({"run", "a/g.yaml", "--output-dir", "own"}, {folder_.path()}).code, 0);
  EXPECT_EQ(decoupage({"run", "./g.yaml", "--output-dir", "../own", "--resume"}, {folder_ / "a"}).code, 0);
  const Result other = decoupage({"run", "b/g.yaml", "--output-dir", "own", "--resume"}, {folder_.path()});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("a.path was '" + folder_ / "a/p.png" + "', is '" + folder_ / "b/p.png" + "'"));
}

TEST_F(Paths, AnInputThatChangedInItsPlaceIsTold) {
  ASSERT_EQ(run("a", {"--image", "p.png"}).code, 0);
  fs::remove(folder_ / "out/x-16.png");
  const Result same = run("a", {"--image", "p.png", "--resume"});
  EXPECT_THAT(same.err, Not(HasSubstr("has changed")));
  picture("a/p.png", 90);
  fs::last_write_time(folder_ / "a/p.png", fs::last_write_time(folder_ / "a/p.png") + std::chrono::seconds(5));
  fs::remove(folder_ / "out/x-16.png");
  const Result changed = run("a", {"--image", "p.png", "--resume"});
  EXPECT_EQ(changed.code, 0) << changed.err;
  EXPECT_THAT(changed.err, HasSubstr("warning: '" + folder_ / "a/p.png" + "' has changed since the run began"));
}

TEST_F(Paths, WhatTheRunWritesIsNotWhatItReads) {
  folder_.write("all.yaml",
                "graph: all\nparams: {index: {type: int, default: 0}}\nnodes:\n"
                "  a: {type: load-image, path: a, index: 0, recursive: true}\n"
                "  s: {type: save-image, path: \"{index}.png\", in: {image: a.image}}\n");
  const std::vector<std::string> words{"run", "all.yaml", "--index", "0..1", "--output-dir", "a/out"};
  ASSERT_EQ(decoupage(words, {folder_.path()}).code, 0);
  fs::remove(folder_ / "a/out/1.png");
  std::vector<std::string> again = words;
  again.emplace_back("--resume");
  const Result resumed = decoupage(again, {folder_.path()});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, Not(HasSubstr("has changed")));
}

TEST_F(Paths, MergeAndRerunReadWhatTheRunRead) {
  ASSERT_EQ(run("a", {"--image", "p.png"}).code, 0);
  const auto due = folder_.outputs("out");
  fs::remove(folder_ / "out/sheet.png");
  const Result merged = decoupage({"merge", folder_ / "out", "--recompute"}, {folder_ / "b"});
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_EQ(difference(folder_.outputs("out"), due), "");
  const Result again = decoupage(
      {"rerun", folder_ / "out/x-16.png", "--allow-read", folder_.path(), "--output-dir", "again"}, {folder_ / "b"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(folder_.read("b/again/x-16.png"), due.at("x-16.png"));
}

TEST_F(Paths, TextsThatNameFilesAreMeantToo) {
  const std::string mini = std::string(SOURCE_DIR) + "/tests/data/sdxl/mini/";
  folder_.write("t.yaml",
                "graph: texts\nparams: {lora: {type: string}, seed: {type: int, default: 0}}\nnodes:\n"
                "  t: {type: text-encode, model: " +
                    mini +
                    "model, prompt: a, lora: $lora}\n"
                    "  s: {type: save-tensor, path: \"{seed}.npz\", in: {value: t.conditioning}}\n");
  for (const auto& [folder, name] : {std::pair{"a", "lora_peft"}, std::pair{"b", "lora_kohya_sgm"}})
    fs::copy_file(mini + "lora/" + name + ".safetensors", folder_ / folder + "/l.safetensors");
  const auto call = [&](const std::string& in, std::vector<std::string> more) {
    more.insert(more.begin(), {"run", folder_ / "t.yaml", "--seed", "0..1", "--output-dir", folder_ / "texts"});
    return decoupage(more, {folder_ / in});
  };
  const Result first = call("a", {"--lora", "l.safetensors=0.5"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(call("b", {"--lora", folder_ / "a/l.safetensors=0.5", "--resume"}).code, 0);
  const Result other = call("b", {"--lora", "l.safetensors=0.5", "--resume"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("param lora was " + folder_ / "a/l.safetensors" + "=0.5, is " + folder_ / "b/"));
}

TEST_F(Paths, RecordsOfBeforeMeanTheirWorkingFolder) {
  ASSERT_EQ(run("a", {"--image", "p.png"}).code, 0);
  nlohmann::ordered_json record = nlohmann::ordered_json::parse(folder_.read("out/run.json"));
  record["params"]["image"]["values"] = {"p.png"};
  record.erase("inputs");
  folder_.write("out/run.json", record.dump());
  EXPECT_EQ(run("a", {"--image", "p.png", "--resume"}).code, 0);
  EXPECT_EQ(run("b", {"--image", "p.png", "--resume"}).code, 2);
}

}  // namespace
}  // namespace testing_cli
