// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "tests/cli/program.h"

/// faults_test.cpp, of configs/collagenet.yaml on the small model of random weights: its nodes, its model's files, its
/// source pictures and the cache of what was encoded.
namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

class CollageFaults : public testing::Test {
 protected:
  CollageFaults() {
    const std::string data = std::string(SOURCE_DIR) + "/tests/data/sdxl/mini/model";
    fs::copy(data, folder_ / "model", fs::copy_options::recursive);
    fs::create_directory(folder_ / "pictures");
    for (const std::string name : {"painted-01-clay", "washed-01-blush"})
      fs::copy(std::string(SOURCE_DIR) + "/assets/papers/" + name + ".jpg", folder_ / "pictures/" + name + ".jpg");
    EXPECT_EQ(run("whole").code, 0);
    whole_ = folder_.outputs("whole");
    EXPECT_EQ(whole_.size(), 3u);
  }

  /// Three seeds of 64 px one after the other, four steps, of which the last two project.
  static Words words(const std::string& output, const Words& more = {}, const std::string& seeds = "0..2") {
    Words words{"run",
                std::string(SOURCE_DIR) + "/configs/collagenet.yaml",
                "--model",
                "model",
                "--source-images",
                "pictures",
                "--max-width",
                "256",
                "--width",
                "64",
                "--height",
                "64",
                "--steps",
                "4",
                "--name",
                "{seed}",
                "--felzenszwalb-scale",
                "2",
                "--seed",
                seeds,
                "--lanes",
                "1",
                "--output-dir",
                output};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Start start(const std::string& faults) const {
    Start start{folder_.path(), {{"DECOUPAGE_CACHE", folder_ / "cache"}}};
    if (!faults.empty()) start.env["DECOUPAGE_FAULTS"] = faults;
    return start;
  }
  Result run(const std::string& output, const std::string& faults = "", const Words& more = {}) const {
    return decoupage(words(output, more), start(faults));
  }
  void expect_whole(const std::string& output, const std::string& after) const {
    EXPECT_EQ(difference(folder_.outputs(output), whole_), "") << "after " << after;
  }
  void expect_resumed(const std::string& output, const std::string& after) const {
    const Result result = run(output, "", {"--resume", "--quiet"});
    EXPECT_EQ(result.code, 0) << "after " << after << ": " << result.err;
    expect_whole(output, after);
  }
  /// All files of the cache, which is filled.
  std::vector<std::string> cached() const {
    std::vector<std::string> files;
    for (const std::string& name : folder_.names("cache")) files.push_back(folder_ / "cache/" + name);
    EXPECT_EQ(files.size(), 2u);
    return files;
  }

  Folder folder_;
  std::map<std::string, std::string> whole_;
};

/// Each node throws once, in its first call: so the first item fails in the first node, the second in the next …
TEST_F(CollageFaults, AnExceptionInAnyNodeFailsItsItemAlone) {
  const Words nodes{"noise",           "denoise.step", "denoise.regions", "denoise.matched",
                    "denoise.blended", "image",        "collage",         "save"};
  const auto run_nine = [&](const std::string& output, const std::string& faults) {
    return decoupage(words(output, {"--resume"}, "0..8"), start(faults));
  };
  ASSERT_EQ(run_nine("due", "").code, 0);
  const auto due = folder_.outputs("due");
  std::string faults;
  for (const std::string& node : nodes) faults += (faults.empty() ? "call@" : ",call@") + node + "=throw";
  const Result result = run_nine("out", faults);
  EXPECT_EQ(result.code, 1) << result.err;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    EXPECT_THAT(result.out, HasSubstr("failed: item " + std::to_string(i) + " (seed=" + std::to_string(i) +
                                      "): node '" + nodes[i] + "': a fault on order"));
  EXPECT_EQ(folder_.outputs("out"), (std::map<std::string, std::string>{{"8.png", due.at("8.png")}}));
  EXPECT_EQ(run_nine("out", "").code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), due), "");
}

TEST_F(CollageFaults, AnExceptionInASharedNodeFailsAllThatNeedIt) {
  for (const std::string node : {"text", "schedule", "bank"}) {
    const Result result = run("out", "call@" + node + "=throw", {"--resume"});
    EXPECT_EQ(result.code, 1) << node << result.err;
    for (int item = 0; item < 3; ++item)
      EXPECT_THAT(result.out, HasSubstr("failed: item " + std::to_string(item) + " (seed=" + std::to_string(item) +
                                        "): node '" + node + "': a fault on order"));
  }
  expect_resumed("out", "exceptions in shared nodes");
}

TEST_F(CollageFaults, MemoryThatRunsOutOnceCostsNothing) {
  const Result result =
      run("out",
          "call@text=memory,call@bank=memory,call@denoise.step:2=memory,call@denoise.matched:2=memory,"
          "call@image:2=memory,call@save:2=memory");
  EXPECT_EQ(result.code, 0) << result.err << result.out;
  expect_whole("out", "want of memory");
}

TEST_F(CollageFaults, MemoryThatRunsOutAgainFailsTheItem) {
  const Result result = run("out", "call@image:2=memory,call@image:3=memory");
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("failed: item 1 (seed=1): node 'image': out of memory, even with no other call "
                                    "running: fewer lanes (--lanes), a memory budget (--memory) or a smaller size"));
  EXPECT_EQ(difference(folder_.outputs("out"), whole_), "1.png is missing");
  expect_resumed("out", "want of memory");
}

TEST_F(CollageFaults, ADamagedCacheIsMadeAnew) {
  const std::vector<std::string> entries = cached();
  const std::string text = Folder::text_of(entries[0]), other = Folder::text_of(entries[1]);
  const auto put = [](const std::string& entry, const std::string& bytes) {
    std::ofstream(entry, std::ios::binary | std::ios::trunc) << bytes;
  };
  std::string flipped = other;
  flipped[other.size() / 2] = static_cast<char>(flipped[other.size() / 2] ^ 0x40);
  const std::vector<std::array<std::string, 3>> damages{
      {"cut off, and a bit", text.substr(0, text.size() / 2), flipped},
      {"empty, and zeros", "", std::string(other.size(), '\0')},
      {"of another kind", folder_.read("whole/0.png"), "PK"}};
  for (const auto& [damage, first, second] : damages) {
    put(entries[0], first);
    put(entries[1], second);
    const Result result = run(damage);
    EXPECT_EQ(result.code, 0) << damage << ": " << result.err;
    expect_whole(damage, damage);
    EXPECT_EQ(Folder::text_of(entries[0]), text) << "kept anew, after " << damage;
    EXPECT_EQ(Folder::text_of(entries[1]), other) << "kept anew, after " << damage;
  }
  const Result unreadable = run("unreadable", "read@cache:1+=EIO");
  EXPECT_EQ(unreadable.code, 0) << unreadable.err;
  expect_whole("unreadable", "a read error in the cache");
}

TEST_F(CollageFaults, ACacheThatCannotBeWrittenIsAWarning) {
  fs::remove_all(folder_ / "cache");
  const Result result = run("out", "write@cache:1+=ENOSPC");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("encoded pictures cannot be kept"), HasSubstr("No space left on device"),
                                HasSubstr("DECOUPAGE_CACHE names another folder")));
  expect_whole("out", "a full cache");
}

TEST_F(CollageFaults, ASourcePictureThatGoesAwayFailsWhatIsCutFromIt) {
  Program program(words("out"), start("call@collage:1=stop"));
  ASSERT_TRUE(program.wait_until_stopped()) << program.wait().err;
  fs::rename(folder_ / "pictures/painted-01-clay.jpg", folder_ / "away.jpg");
  program.signal(SIGCONT);
  const Result result = program.wait();
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("failed: item 0 (seed=0): node 'collage': "), HasSubstr("pictures/painted-01-clay.jpg"),
                    HasSubstr("the same command with --resume")));
  fs::rename(folder_ / "away.jpg", folder_ / "pictures/painted-01-clay.jpg");
  expect_resumed("out", "a picture that was away");
}

/// The weights are in memory as the file: what is cut off is gone from there, too.
TEST_F(CollageFaults, AModelThatIsCutOffWhileItIsInUseEndsTheRun) {
  const std::string unet = folder_ / "model/unet/diffusion_pytorch_model.safetensors", text = Folder::text_of(unet);
  Program program(words("out"), start("call@denoise.step:5=stop"));  // the second item's first
  ASSERT_TRUE(program.wait_until_stopped()) << program.wait().err;
  fs::resize_file(unet, 4096);
  program.signal(SIGCONT);
  const Result result = program.wait();
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("unet/diffusion_pytorch_model.safetensors: a part of it is gone"),
                                HasSubstr("put the whole file back; a run goes on with --resume")));
  EXPECT_EQ(difference(folder_.outputs("out"), whole_), "1.png is missing, 2.png is missing");
  const Result still = run("out", "", {"--resume"});
  EXPECT_EQ(still.code, 2) << "a model that is cut off from the start";
  EXPECT_THAT(still.err, HasSubstr("is cut off"));
  std::ofstream(unet, std::ios::binary | std::ios::trunc) << text;
  expect_resumed("out", "a model that was cut off");
}

TEST_F(CollageFaults, AModelThatCannotBeReadIsRefused) {
  const Result mapped = run("mapped", "map@unet=ENOMEM");
  EXPECT_EQ(mapped.code, 2);
  EXPECT_THAT(mapped.err, AllOf(HasSubstr("unet/diffusion_pytorch_model.safetensors: cannot be mapped into memory: "),
                                Not(HasSubstr("a part of it is gone"))));
  const Result config = run("config", "read@model/unet/config.json=EIO");
  EXPECT_EQ(config.code, 2);
  EXPECT_THAT(config.err, HasSubstr("unet/config.json: cannot be read: Input/output error"));
}

}  // namespace
}  // namespace testing_cli
