// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kGraph = R"(graph: killed
params:
  seed:  {type: int, default: 0}
  width: {type: int, default: 24}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 64, height: 64, style: noise}
  small: {type: resize, width: $width, height: 24, in: {image: noise.image}}
  save:  {type: save-image, path: "pictures/{width}/{seed:04}.png", in: {image: small.image}}
  raw:   {type: save-image, path: "raw/{seed:04}.png", in: {image: noise.image}}
  sheet: {type: contact-sheet, cell: 16, per: [width], in: {image: small.image}}
  show:  {type: save-image, path: "sheet-{width}.png", in: {image: sheet.image}}
)";

class Resume : public testing::Test {
 protected:
  Resume() { folder_.write("killed.yaml", kGraph); }

  std::vector<std::string> words(const std::string& output, std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"run",     "killed.yaml", "--seed",       "0..59",
                                 "--sweep", "width=16,24", "--output-dir", output};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Result run(const std::string& output, const std::vector<std::string>& more = {}) {
    return decoupage(words(output, more), {folder_.path()});
  }

  /// kill -9 of a run that stands still in its `call`th call, or so long after it goes on from there: what its other
  /// threads were at is chance. False when it had ended before.
  bool run_and_kill(const std::string& output, int call, std::chrono::microseconds after,
                    const std::vector<std::string>& more = {"--resume", "--quiet"}) {
    const std::string order = "call:" + std::to_string(call) + "=stop";
    Program program(words(output, more), {folder_.path(), {{"DECOUPAGE_FAULTS", order}}});
    if (program.wait_until_stopped() && after.count() > 0) {
      program.signal(SIGCONT);
      std::this_thread::sleep_for(after);
    }
    program.signal(SIGKILL);
    const Result result = program.wait();
    EXPECT_TRUE(result.code == 0 || result.code == 128 + SIGKILL) << result.err;
    return result.code != 0;
  }

  Folder folder_;
};

TEST_F(Resume, AfterKillAtTwentyRandomMomentsGivesTheSameFiles) {
  ASSERT_EQ(run("whole", {"--quiet"}).code, 0);
  const auto whole = folder_.outputs("whole");
  ASSERT_EQ(whole.size(), 60u * 3 + 2);
  constexpr int kCalls = 60 * 6 + 4;
  std::mt19937 random(20);
  int killed = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string output = "killed" + std::to_string(i);
    // Spread over the run, half of them where it stands; every third is killed again while it resumes.
    const double share = (i + std::uniform_real_distribution<>(0, 1)(random)) / 20;
    const int call = 1 + static_cast<int>(share * kCalls);
    const std::chrono::microseconds after(i % 2 ? std::uniform_int_distribution<>(1, 20'000)(random) : 0);
    killed += run_and_kill(output, call, after);
    if (i % 3 == 0) run_and_kill(output, 1 + (kCalls - call) / 2, after);
    const Result result = run(output, {"--resume", "--quiet"});
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(difference(folder_.outputs(output), whole), "") << "killed after " << share << " of the run";
    std::filesystem::remove_all(folder_ / output);
  }
  EXPECT_GE(killed, 10) << "the run was over before it was killed";
}

TEST_F(Resume, OfAWholeRunRunsNothing) {
  ASSERT_EQ(run("out", {"--quiet"}).code, 0);
  const Result result = run("out", {"--resume", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, testing::Not(HasSubstr("item_started")));
}

TEST_F(Resume, MakesAFileThatIsGoneOrChangedAgain) {
  ASSERT_EQ(run("out", {"--quiet"}).code, 0);
  const auto whole = folder_.outputs("out");
  std::filesystem::remove(folder_ / "out/raw/0003.png");
  std::filesystem::resize_file(folder_ / "out/pictures/16/0007.png", 10);
  ASSERT_EQ(run("out", {"--resume", "--quiet"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), whole), "");
}

/// Files of the elements of an each, of none, and of a loop that is switched off.
TEST_F(Resume, OfEachesDoesWhatIsMissingAndNothingElse) {
  folder_.write("each.yaml", R"(graph: each
params: {seed: {type: int, default: 0}, count: {type: int, default: 3}}
nodes:
  rows:
    type: each
    times: $count
    nodes:
      noise: {type: draw-noise, width: 16, height: 16, in: {seed: each.index}}
      save:  {type: save-image, path: "{seed}-{each}.png", in: {image: noise.image}}
  loop:
    type: loop
    steps: 2
    when: {if: false}
    nodes:
      noise: {type: draw-noise, width: 16, height: 16, seed: $seed}
      save:  {type: save-image, path: "{seed}-turn-{turn}.png", in: {image: noise.image}}
)");
  const auto started = [&](const std::string& count, const std::string& output) {
    const Result result = decoupage(
        {"run", "each.yaml", "--seed", "0..2", "--count", count, "--output-dir", output, "--resume", "--json"},
        {folder_.path()});
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<int> items;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      const json event = json::parse(line);
      if (event["event"] == "item_started") items.push_back(event["item"]);
    }
    std::sort(items.begin(), items.end());
    return items;
  };
  EXPECT_EQ(started("3", "out"), (std::vector{0, 1, 2}));
  const auto whole = folder_.outputs("out");
  EXPECT_EQ(whole.size(), 9u);
  EXPECT_EQ(started("3", "out"), std::vector<int>());
  std::filesystem::remove(folder_ / "out/1-2.png");
  EXPECT_EQ(started("3", "out"), std::vector{1});
  EXPECT_EQ(difference(folder_.outputs("out"), whole), "");
  EXPECT_EQ(started("0", "none"), (std::vector{0, 1, 2}));
  EXPECT_EQ(started("0", "none"), std::vector<int>()) << "of no element there is nothing to do";
}

TEST_F(Resume, OfAnotherRunIsRefused) {
  ASSERT_EQ(run("out", {"--quiet"}).code, 0);
  const Result other =
      decoupage({"run", "killed.yaml", "--seed", "0..3", "--output-dir", "out", "--resume"}, {folder_.path()});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("out"));
  const Result set = run("out", {"--resume", "--set", "save.compression=1"});
  EXPECT_EQ(set.code, 2) << set.err;
}

TEST_F(Resume, WithoutAFolderTakesTheLastRun) {
  folder_.write("dots.yaml", kDots);
  const Result none = decoupage({"run", "dots.yaml", "--resume"}, {folder_.path()});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("no run of 'dots' in outputs/"));
  ASSERT_EQ(decoupage({"run", "dots.yaml", "--seed", "0..3"}, {folder_.path()}).code, 0);
  std::filesystem::remove(folder_ / "outputs/dots-0001/2-1-false-a_cat-noise.png");
  const Result result = decoupage({"run", "dots.yaml", "--seed", "0..3", "--resume"}, {folder_.path()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("files: outputs/dots-0001"));
  EXPECT_EQ(folder_.outputs("outputs/dots-0001").size(), 4u);
}

TEST_F(Resume, ShardsResumeToo) {
  ASSERT_EQ(run("whole", {"--quiet"}).code, 0);
  for (int shard = 1; shard <= 3; ++shard) {
    const std::string part = std::to_string(shard) + "/3";
    EXPECT_TRUE(run_and_kill("parts", 40, std::chrono::microseconds(0), {"--shard", part, "--quiet"}));
    const Result result = run("parts", {"--shard", part, "--resume", "--quiet"});
    EXPECT_EQ(result.code, 0) << result.err;
  }
  EXPECT_EQ(difference(folder_.outputs("parts"), folder_.outputs("whole")),
            "sheet-16.png is missing, sheet-24.png is missing");
  // What gathers over the whole run belongs to no shard.
  EXPECT_EQ(run("parts", {"--resume", "--quiet"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("parts"), folder_.outputs("whole")), "");
}

}  // namespace
}  // namespace testing_cli
