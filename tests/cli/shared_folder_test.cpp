// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Runs of it share a folder; its small pictures are looked through by somebody, who deletes some.
constexpr const char* kShared = R"(graph: shared
output: shared
params:
  seed:   {type: int, default: 0}
  prompt: {type: string, default: cat}
  style:  {type: string, default: noise}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 32, height: 32, style: $style}
  small: {type: resize, width: 16, height: 16, in: {image: noise.image}}
  save:  {type: save-image, path: "{prompt}-{seed}.png", in: {image: noise.image}}
  keep:  {type: save-image, path: "small/{prompt}-{seed}.png", curated: true, in: {image: small.image}}
)";

class SharedFolder : public testing::Test {
 protected:
  SharedFolder() { folder_.write("shared.yaml", kShared); }

  Result run(std::vector<std::string> words, const std::string& output = "out") {
    words.insert(words.begin(), {"run", "shared.yaml"});
    words.insert(words.end(), {"--output-dir", output});
    return decoupage(words, {folder_.path()});
  }

  std::vector<std::string> files(const std::string& output = "out") {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs(output)) names.push_back(name);
    return names;
  }

  Folder folder_;
};

TEST_F(SharedFolder, TwoPromptsLeaveBothPictures) {
  const Result first = run({"--prompt", "cat"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("files: out (its record: out/runs/0001)"));
  EXPECT_EQ(run({"--prompt", "dog"}).code, 0);
  EXPECT_THAT(files(), ElementsAre("cat-0.png", "dog-0.png", "small/cat-0.png", "small/dog-0.png"));
  EXPECT_THAT(folder_.names("out/runs"), Contains("0002/run.json"));
}

TEST_F(SharedFolder, TheSameRunIsGoneOnWithOrDoneAgain) {
  EXPECT_EQ(run({"--seed", "0..2"}).code, 0);
  const Result again = run({"--seed", "0..2"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("'out' holds this run already, as out/runs/0001 (go on with it by --resume"));
  EXPECT_EQ(run({"--prompt", "dog"}).code, 0);
  std::filesystem::remove(folder_ / "out/cat-1.png");
  const Result resumed = run({"--seed", "0..2", "--resume"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(files(), Contains("cat-1.png"));
  EXPECT_THAT(resumed.out, HasSubstr("record: out/runs/0001"));
  EXPECT_EQ(run({"--seed", "0..2", "--overwrite"}).code, 0);
  EXPECT_THAT(folder_.names("out/runs"), Not(Contains("0003/run.json")));
}

TEST_F(SharedFolder, ResumeOfAnotherRunBeginsOneAndSaysSo) {
  EXPECT_EQ(run({"--resume"}).code, 0);
  const Result other = run({"--resume", "--prompt", "dog"});
  EXPECT_EQ(other.code, 0);
  EXPECT_THAT(other.err, HasSubstr("no run in 'out' has this graph and these params: this is a new one"));
  EXPECT_THAT(folder_.names("out/runs"), Contains("0002/run.json"));
}

TEST_F(SharedFolder, NothingOfOthersIsOverwritten) {
  EXPECT_EQ(run({}).code, 0);
  const auto before = folder_.outputs("out");
  const Result other = run({"--style", "plain"});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err + other.out,
              HasSubstr("cat-0.png' is there already, and run 1 made it; give the file another"));
  EXPECT_EQ(difference(folder_.outputs("out"), before), "");
  folder_.write("out/dog-0.png", "somebody's own");
  const Result third = run({"--prompt", "dog"});
  EXPECT_EQ(third.code, 1);
  EXPECT_THAT(third.err + third.out, HasSubstr("'dog-0.png' is there already, and no run of this folder made it"));
  EXPECT_EQ(folder_.read("out/dog-0.png"), "somebody's own");
  EXPECT_EQ(run({"--style", "plain", "--resume", "--overwrite"}).code, 2);
  EXPECT_EQ(run({"--style", "plain", "--overwrite"}).code, 0);
  EXPECT_NE(difference(folder_.outputs("out"), before), "");
}

TEST_F(SharedFolder, WhatSomebodyDeletedOfACuratedNodeStaysDeleted) {
  EXPECT_EQ(run({"--seed", "0..4"}).code, 0);
  std::filesystem::remove(folder_ / "out/small/cat-1.png");
  std::filesystem::remove(folder_ / "out/small/cat-3.png");
  std::filesystem::remove(folder_ / "out/cat-2.png");
  const Result resumed = run({"--seed", "0..4", "--resume"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("not made again, since somebody deleted them: 2 files of curated nodes"));
  EXPECT_THAT(files(), Contains("cat-2.png"));
  EXPECT_THAT(files(), Not(Contains("small/cat-1.png")));
  folder_.write("out/small/cat-0.png", "changed");
  EXPECT_EQ(run({"--seed", "0..4", "--resume", "--quiet"}).code, 0);
  EXPECT_NE(folder_.read("out/small/cat-0.png"), "changed") << "only what is deleted is a decision";
}

TEST_F(SharedFolder, AnyGraphCanBeAppended) {
  folder_.write("dots.yaml", kDots);
  const auto dots = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "dots.yaml", "--output-dir", "out", "--quiet"});
    return decoupage(words, {folder_.path()});
  };
  EXPECT_EQ(dots({"--append"}).code, 0);
  EXPECT_EQ(dots({"--append", "--seed", "1"}).code, 0);
  EXPECT_EQ(files().size(), 2u);
  const Result alone = dots({"--seed", "2"});
  EXPECT_EQ(alone.code, 2);
  EXPECT_THAT(alone.err, HasSubstr("'out' is shared by runs (add this one to them by --append"));
  EXPECT_EQ(decoupage({"run", "dots.yaml", "--append", "--quiet"}, {folder_.path()}).code, 0);
  EXPECT_THAT(folder_.names("outputs/dots"), Contains("runs/0001/run.json"));
}

TEST_F(SharedFolder, ShardsOfARunAreOneRun) {
  EXPECT_EQ(run({"--prompt", "dog", "--quiet"}).code, 0);
  EXPECT_EQ(run({"--seed", "0..3", "--shard", "1/2", "--quiet"}).code, 0);
  EXPECT_EQ(run({"--seed", "0..3", "--shard", "2/2", "--quiet"}).code, 0);
  EXPECT_THAT(folder_.names("out/runs"), Not(Contains("0003/run.json")));
  const Result merged = decoupage({"merge", "out"}, {folder_.path()});
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("out: 4 of 4 items whole"));
  std::filesystem::remove(folder_ / "out/dog-0.png");
  const Result other = decoupage({"merge", "out/runs/0001"}, {folder_.path()});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.out, HasSubstr("'dog-0.png' is gone"));
  EXPECT_THAT(other.out, HasSubstr("--resume --output-dir out"));
  const Result joined = decoupage({"merge", "out/runs/0002", "-o", "alone"}, {folder_.path()});
  EXPECT_EQ(joined.code, 0) << joined.err;
  EXPECT_EQ(files("alone").size(), 8u);
}

/// What lies between a name and its file, and between a file and its record, is not lost and not another run's.
TEST_F(SharedFolder, AfterKillGoesOnBesideTheOthers) {
  EXPECT_EQ(run({"--seed", "0..9", "--quiet"}, "whole").code, 0);
  EXPECT_EQ(run({"--prompt", "dog", "--quiet"}).code, 0);
  for (int call = 1; call <= 40; call += 3) {
    const std::vector<std::string> words{"run",      "shared.yaml", "--seed",       "0..9",
                                         "--resume", "--quiet",     "--output-dir", "out"};
    const std::string order = "call:" + std::to_string(call) + "=stop";
    Program program(words, {folder_.path(), {{"DECOUPAGE_FAULTS", order}}});
    if (program.wait_until_stopped() && call % 2 == 0) {
      program.signal(SIGCONT);
      std::this_thread::sleep_for(std::chrono::microseconds(call * 300));
    }
    program.signal(SIGKILL);
    program.wait();
    if (call % 4 == 1) {
      EXPECT_EQ(run({"--prompt", "bird" + std::to_string(call), "--quiet"}).code, 0);
    }
  }
  const Result last = run({"--seed", "0..9", "--resume", "--quiet"});
  EXPECT_EQ(last.code, 0) << last.err;
  auto cats = folder_.outputs("out");
  std::erase_if(cats, [](const auto& file) { return file.first.find("cat") == std::string::npos; });
  EXPECT_EQ(difference(cats, folder_.outputs("whole")), "");
}

}  // namespace
}  // namespace testing_cli
