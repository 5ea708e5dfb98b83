// SPDX-License-Identifier: MIT
// Runs without end, and values that a run draws.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr const char* kSmall = R"(graph: small
params:
  seed:  {type: int, default: 0}
  other: {type: int, default: 0, min: 0, max: 9}
  tint:  {type: string, default: noise, choices: [noise, plain]}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 8, height: 8, style: $tint}
  save:  {type: save-image, path: "{seed}-{tint}-{other}.png", in: {image: noise.image}}
)";

class OpenRun : public testing::Test {
 protected:
  OpenRun() {
    folder_.write("small.yaml", kSmall);
    folder_.write("sheet.yaml", kSheet);
  }

  Result run(std::vector<std::string> words, const std::string& output = "out") {
    words.insert(words.begin(), "run");
    if (!output.empty()) words.insert(words.end(), {"--output-dir", output});
    return decoupage(words, {folder_.path()});
  }

  std::vector<std::string> made(const std::string& output = "out") const {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs(output)) names.push_back(name);
    return names;
  }

  json record(const std::string& output = "out") const { return json::parse(folder_.read(output + "/run.json")); }

  std::string refusal(const std::vector<std::string>& words) {
    const Result result = run(words);
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_FALSE(fs::exists(folder_ / "out"));
    return result.err;
  }

  Folder folder_;
};

TEST_F(OpenRun, MakesAsManyItemsAsItIsTold) {
  const Result result = run({"small.yaml", "--seed", "5..", "--max-items", "3"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(made(), UnorderedElementsAre("5-noise-0.png", "6-noise-0.png", "7-noise-0.png"));
  EXPECT_THAT(result.out, HasSubstr("3 items: 3 done"));
}

TEST_F(OpenRun, VariesSlowestBesideASweep) {
  EXPECT_EQ(run({"small.yaml", "--seed", "0..", "--tint", "noise", "--tint", "plain", "--max-items", "3"}).code, 0);
  EXPECT_THAT(made(), UnorderedElementsAre("0-noise-0.png", "0-plain-0.png", "1-noise-0.png"));
}

TEST_F(OpenRun, GoesFurtherWhenItIsResumed) {
  EXPECT_EQ(run({"small.yaml", "--seed", "0..", "--max-items", "2"}).code, 0);
  EXPECT_EQ(record().at("items"), 2);
  const Result more = run({"small.yaml", "--seed", "0..", "--max-items", "5", "--resume"});
  EXPECT_EQ(more.code, 0) << more.err;
  EXPECT_THAT(more.out, HasSubstr("3 items: 3 done"));
  EXPECT_THAT(made(), SizeIs(5));
  EXPECT_EQ(record().at("items"), 5);
}

TEST_F(OpenRun, EndsWithItsTime) {
  const Result result = run({"small.yaml", "--seed", "0..", "--for", "0.05s"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("; the time was up"), HasSubstr("to go on: the same command with --resume")));
  EXPECT_TRUE(record().at("items").is_null());
  const auto before = made().size();
  EXPECT_EQ(run({"small.yaml", "--seed", "0..", "--for", "0.05s", "--resume"}).code, 0);
  EXPECT_GE(made().size(), before);
  const Result merged = decoupage({"merge", "out"}, {folder_.path()});
  EXPECT_EQ(merged.code, 0) << merged.out << merged.err;
}

TEST_F(OpenRun, EndsWithASignalAndShowsNoTotal) {
  Program program({"run", "small.yaml", "--seed", "0..", "--output-dir", "out"},
                  {folder_.path(), {{"DECOUPAGE_FAULTS", "call@noise:20=stop"}}});
  EXPECT_TRUE(program.wait_until_stopped()) << program.err_so_far();
  program.signal(SIGINT);
  program.signal(SIGCONT);
  const Result result = program.wait();
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("[1] "), Not(HasSubstr("[1/"))));
  EXPECT_GE(made().size(), 10u);
}

TEST_F(OpenRun, ItsEventsHaveNoTotal) {
  const Result result = run({"small.yaml", "--seed", "0..", "--for", "0.01s", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("\"graph\":\"small\",\"items\":null"), HasSubstr("\"time_is_up\":true")));
}

TEST_F(OpenRun, WhatGathersNeedsAnEnd) {
  EXPECT_THAT(refusal({"sheet.yaml", "--seed", "0.."}),
              HasSubstr("gathers over 'seed', which has no end: say how many items there are (--max-items N), or add "
                        "`per: [seed]` to 'sheet'"));
  EXPECT_EQ(run({"sheet.yaml", "--seed", "0..", "--max-items", "4"}).code, 0);
  EXPECT_THAT(made(), SizeIs(5));
  const Result again = decoupage({"rerun", "out/sheet.png", "--output-dir", "again"}, {folder_.path()});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(folder_.read("again/sheet.png"), folder_.read("out/sheet.png"));
}

TEST_F(OpenRun, RangesThatAreNone) {
  EXPECT_THAT(refusal({"small.yaml", "--seed", "0..", "--other", "1.."}),
              HasSubstr("'seed' and 'other' both count without end: a run has one such param at most"));
  EXPECT_THAT(
      refusal({"small.yaml", "--seed", "0..", "--seed", "4"}),
      HasSubstr("param 'seed': what is drawn, or counts without end, is all that it can be given; leave out the "
                "rest"));
  EXPECT_THAT(refusal({"small.yaml", "--seed", "x.."}), HasSubstr("param 'seed': expected an int, got 'x'"));
  EXPECT_THAT(refusal({"small.yaml", "--seed", "0..", "--num-seeds", "3"}),
              HasSubstr("counts from one seed, and --seed counts without end: use one or the other"));
  EXPECT_THAT(refusal({"small.yaml", "--other", "10.."}), HasSubstr("10 is above the maximum 9"));
  EXPECT_THAT(refusal({"small.yaml", "--for", "soon"}),
              HasSubstr("--for: expected a time such as 90s, 15m, 2h or 1.5d, got 'soon'"));
  EXPECT_THAT(refusal({"small.yaml", "--max-items", "0"}), HasSubstr("--max-items"));
}

TEST_F(OpenRun, EndsWhereTheParamDoes) {
  EXPECT_EQ(run({"small.yaml", "--other", "7.."}).code, 0);
  EXPECT_THAT(made(), UnorderedElementsAre("0-noise-7.png", "0-noise-8.png", "0-noise-9.png"));
}

TEST_F(OpenRun, ItsShardsShareItOut) {
  for (const char* shard : {"1/2", "2/2"})
    EXPECT_EQ(run({"small.yaml", "--seed", "0..", "--max-items", "5", "--shard", shard, "--resume"}).code, 0);
  EXPECT_THAT(made(), SizeIs(5));
  EXPECT_EQ(decoupage({"merge", "out"}, {folder_.path()}).code, 0);
}

TEST_F(OpenRun, DrawsASeedAndKeepsIt) {
  const Result result =
      run({"small.yaml", "--seed", "random", "--tint", "noise", "--tint", "plain", "--run-seed", "7"});
  EXPECT_EQ(result.code, 0) << result.err;
  ASSERT_THAT(made(), SizeIs(2));  // a sweep compares one seed
  const std::string seed = made()[0].substr(0, made()[0].find('-'));
  EXPECT_THAT(made(), UnorderedElementsAre(seed + "-noise-0.png", seed + "-plain-0.png"));
  EXPECT_EQ(record().at("run_seed"), 7);
  EXPECT_THAT(decoupage({"metadata", "out/" + made()[0]}, {folder_.path()}).out, HasSubstr("seed = " + seed));
  const Result again = decoupage({"rerun", "out/" + made()[0], "--output-dir", "again"}, {folder_.path()});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(folder_.read("again/" + made()[0]), folder_.read("out/" + made()[0]));
  EXPECT_EQ(run({"small.yaml", "--seed", "-1", "--run-seed", "7"}, "minus").code, 0);
  EXPECT_THAT(made("minus"), UnorderedElementsAre(seed + "-noise-0.png"));
}

TEST_F(OpenRun, DrawsAnotherOneForEachRun) {
  EXPECT_EQ(run({"small.yaml", "--seed", "random"}, "a").code, 0);
  EXPECT_EQ(run({"small.yaml", "--seed", "random"}, "b").code, 0);
  EXPECT_NE(record("a").at("run_seed"), record("b").at("run_seed"));
  EXPECT_NE(made("a"), made("b"));
}

TEST_F(OpenRun, DrawsTheSameWhenItIsResumed) {
  EXPECT_EQ(run({"small.yaml", "--seed", "random", "--other", "0..", "--max-items", "3"}).code, 0);
  const auto before = folder_.outputs("out");
  EXPECT_EQ(before.size(), 3u);
  fs::remove(folder_ / ("out/" + made()[1]));
  EXPECT_EQ(run({"small.yaml", "--seed", "random", "--other", "0..", "--max-items", "3", "--resume"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), before), "");
  const Result other =
      run({"small.yaml", "--seed", "random", "--other", "0..", "--max-items", "3", "--resume", "--run-seed", "1"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("the run seed was "));
}

TEST_F(OpenRun, DrawsTheSameInShards) {
  const std::vector<std::string> words{"small.yaml", "--seed", "random", "--other", "0..7", "--run-seed", "11"};
  EXPECT_THAT(refusal({"small.yaml", "--seed", "random", "--shard", "1/2"}),
              HasSubstr("--shard needs --run-seed N where values are random: all shards must draw the same"));
  EXPECT_EQ(run(words, "whole").code, 0);
  for (const char* shard : {"1/2", "2/2"}) {
    std::vector<std::string> more = words;
    more.insert(more.end(), {"--shard", shard, "--resume"});
    EXPECT_EQ(run(more).code, 0);
  }
  EXPECT_EQ(difference(folder_.outputs("out"), folder_.outputs("whole")), "");
  EXPECT_EQ(decoupage({"merge", "out"}, {folder_.path()}).code, 0);
}

TEST_F(OpenRun, CountsFromADrawnSeed) {
  EXPECT_EQ(run({"small.yaml", "--seed", "random", "--num-seeds", "3", "--run-seed", "7"}, "count").code, 0);
  EXPECT_EQ(run({"small.yaml", "--seed", "random..", "--max-items", "3", "--run-seed", "7"}, "range").code, 0);
  EXPECT_THAT(made("count"), SizeIs(3));
  EXPECT_EQ(made("count"), made("range"));
}

TEST_F(OpenRun, TakesSeedsOfOtherProgramsAsTheirBits) {
  EXPECT_EQ(run({"small.yaml", "--seed", "18446744073709551614"}).code, 0);
  EXPECT_THAT(made(), UnorderedElementsAre("-2-noise-0.png"));
  fs::remove_all(folder_ / "out");
  EXPECT_THAT(refusal({"small.yaml", "--seed", "18446744073709551616"}),
              HasSubstr("expected a seed in [-9223372036854775808, 18446744073709551615], or random, got "
                        "'18446744073709551616'"));
}

TEST_F(OpenRun, AGraphMayDrawByDefault) {
  std::string text = kSmall;
  text.replace(text.find("default: 0}"), 11, "default: -1}");
  folder_.write("small.yaml", text);
  EXPECT_EQ(run({"small.yaml", "--run-seed", "7"}).code, 0);
  EXPECT_THAT(made(), AllOf(SizeIs(1), Not(Contains(HasSubstr("-1-noise")))));
}

TEST_F(OpenRun, HoldsWhatIsDrawnAgainstTheProperty) {
  EXPECT_THAT(refusal({"sheet.yaml", "--width", "random"}), HasSubstr("width"));
}

}  // namespace
}  // namespace testing_cli
