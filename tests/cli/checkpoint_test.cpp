// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// Each turn puts a strip beside what there is, and presses both together: a picture depends on all turns before it.
constexpr const char* kGrown = R"(graph: grown
params:
  seed:  {type: int, default: 0}
  turns: {type: int, default: 10}
  every: {type: int, default: 3}
nodes:
  start: {type: draw-noise, seed: $seed, width: 24, height: 24, style: noise}
  grow:
    type: loop
    steps: $turns
    checkpoint: {every: $every}
    state: {image: start.image}
    nodes:
      strip:  {type: draw-noise, width: 8, height: 24, style: noise, in: {seed: turn.index}}
      beside: {type: stitch, in: {first: state.image, second: strip.image}}
      press:  {type: resize, width: 24, height: 24, in: {image: beside.image}}
      save:   {type: save-image, path: "turns/{seed}-{turn:02}.png", in: {image: press.image}, when: {every: 2}}
      told:   {type: follow, name: number, in: {value: turn.index}}
    next: {image: press.image}
    out: {image: press.image}
    collect: {all: strip.image}
  strips: {type: image-grid, in: {images: grow.all}}
  show:   {type: save-image, path: "strips-{seed}.png", in: {image: strips.image}}
  save:   {type: save-image, path: "{seed}.png", in: {image: grow.image}}
)";

/// A scheduler that remembers turns, and one that draws noise: slots, and a generator as a state.
constexpr const char* kDenoised = R"(graph: denoised
params:
  seed: {type: int, default: 0}
  scheduler: {type: string, default: dpmpp-2m-sde}
nodes:
  text:     {type: text-encode, model: embedded, prompt: "a red house"}
  schedule: {type: schedule, model: embedded, scheduler: $scheduler, steps: 6}
  noise:    {type: noise, model: embedded, seed: $seed, width: 64, height: 64, in: {schedule: schedule.schedule}}
  denoise:
    type: loop
    over: schedule.schedule
    checkpoint: {every: 2}
    state: {latents: noise.latents, generator: noise.generator}
    nodes:
      step:
        type: unet-step
        model: embedded
        guidance_scale: 3
        in:
          latents: state.latents
          conditioning: text.conditioning
          schedule: schedule.schedule
          generator: state.generator
    next: {latents: step.latents, generator: step.generator}
    out:  {latents: step.latents}
  image: {type: vae-decode, model: embedded, in: {latents: denoise.latents}}
  save:  {type: save-image, path: "{seed}.png", in: {image: image.image}}
)";

/// What is optimised, and what its optimiser remembers.
constexpr const char* kFitted = R"(graph: fitted
params: {seed: {type: int, default: 0}}
nodes:
  photo:  {type: draw-noise, seed: 7, width: 32, height: 32}
  target: {type: to-rendering, in: {image: photo.image}}
  start:  {type: noise, model: embedded, seed: $seed, width: 32, height: 32}
  adam:   {type: adamw, learning_rate: 0.1, lr_scheduler: cosine}
  fit:
    type: loop
    steps: 6
    checkpoint: {every: 2}
    state: {latents: start.latents, adam: adam.optimiser}
    nodes:
      decode: {type: vae-decode, model: embedded, in: {latents: state.latents}}
      error:  {type: squared-error, in: {rendering: decode.rendering, target: target.rendering}}
      step:   {type: optimise, in: {parameters: state.latents, optimiser: state.adam, loss: error.loss}}
    next: {latents: step.parameters, adam: step.optimiser}
    out:  {latents: step.parameters}
  save: {type: save-tensor, path: "{seed}.npz", in: {value: fit.latents}}
)";

class Checkpoint : public testing::Test {
 protected:
  Checkpoint() {
    folder_.write("grown.yaml", kGrown);
    folder_.write("denoised.yaml", kDenoised);
    folder_.write("fitted.yaml", kFitted);
  }

  Result run(const std::string& output, const std::vector<std::string>& more = {}, const std::string& order = "",
             const std::string& graph = "grown.yaml") {
    std::vector<std::string> words{"run", graph, "--output-dir", output, "--deterministic"};
    words.insert(words.end(), more.begin(), more.end());
    Start start{folder_.path()};
    if (!order.empty()) start.env["DECOUPAGE_FAULTS"] = order;
    return decoupage(words, start);
  }
  /// How often a node was called, by the events of --json.
  static int calls(const Result& result, const std::string& node) {
    int count = 0;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      const json event = json::parse(line);
      if (event["event"] == "node_finished" && event["node"] == node) ++count;
    }
    return count;
  }
  std::vector<std::string> states(const std::string& output) const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / output + "/.state", error))
      if (entry.path().extension() == ".state") names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  Folder folder_;
};

TEST_F(Checkpoint, ARunThatIsKilledGoesOnAndEndsWithTheSameBits) {
  ASSERT_EQ(run("whole", {"--seed", "0,1"}).code, 0);
  const auto whole = folder_.outputs("whole");
  EXPECT_EQ(whole.size(), 2u * (5 + 2 + 2)) << "five turns, two pictures, a table and a plot for each item";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "whole/.state"));
  struct Moment {
    std::string order;
    int redone;  ///< turns of the first item that are left
  };
  // On one lane: item 0 first. Turns are kept after 3, 6 and 9.
  for (const Moment& moment : std::vector<Moment>{{"call@grow.press:1=kill", 10},
                                                  {"call@grow.press:5=kill", 7},
                                                  {"call@grow.save:4=kill", 4},
                                                  {"write@turns/0-06.png:1=kill", 4},
                                                  {"write@.state:1=kill", 10},
                                                  {"sync@.state:2=kill", 7},
                                                  {"rename@.state:2=kill", 7},
                                                  {"rename@.state:3=kill", 4},
                                                  {"call@strips:1=kill", 1},
                                                  {"call@save:1=kill", 1}}) {
    const std::string output = "killed";
    ASSERT_EQ(run(output, {"--seed", "0,1", "--lanes", "1"}, moment.order).code, 128 + SIGKILL) << moment.order;
    const Result result = run(output, {"--seed", "0,1", "--lanes", "1", "--resume", "--json"});
    ASSERT_EQ(result.code, 0) << moment.order << result.err;
    EXPECT_EQ(difference(folder_.outputs(output), whole), "") << moment.order;
    EXPECT_EQ(calls(result, "grow.press"), moment.redone + 10) << moment.order;
    EXPECT_FALSE(std::filesystem::exists(folder_ / output + "/.state")) << moment.order;
    std::filesystem::remove_all(folder_ / output);
  }
}

/// Killed again and again, each time a little further on, on several lanes.
TEST_F(Checkpoint, GoesOnAsOftenAsItIsKilled) {
  ASSERT_EQ(run("whole", {"--seed", "0,1"}).code, 0);
  int killed = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string order = "call:" + std::to_string(30 + i % 5 * 3) + "=kill";
    const Result result = run("out", {"--seed", "0,1", "--resume", "--lanes", "2"}, order);
    if (result.code == 0) break;
    ASSERT_EQ(result.code, 128 + SIGKILL) << result.err;
    ++killed;
  }
  ASSERT_EQ(run("out", {"--seed", "0,1", "--resume"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), folder_.outputs("whole")), "");
  EXPECT_GE(killed, 2);
}

TEST_F(Checkpoint, OfAModelKeepsSlotsAndGenerators) {
  for (const std::string scheduler : {"dpmpp-2m-sde", "unipc", "euler-ancestral"}) {
    const std::string whole = "whole-" + scheduler, killed = "killed-" + scheduler;
    ASSERT_EQ(run(whole, {"--scheduler", scheduler}, "", "denoised.yaml").code, 0);
    ASSERT_EQ(run(killed, {"--scheduler", scheduler}, "call@denoise.step:6=kill", "denoised.yaml").code, 128 + SIGKILL);
    const Result result = run(killed, {"--scheduler", scheduler, "--resume", "--json"}, "", "denoised.yaml");
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(calls(result, "denoise.step"), 2);
    EXPECT_EQ(difference(folder_.outputs(killed), folder_.outputs(whole)), "") << scheduler;
  }
}

TEST_F(Checkpoint, OfALoopThatLearnsKeepsWhatTheOptimiserRemembers) {
  const Result whole = run("whole", {"--json"}, "", "fitted.yaml");
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr(R"("name":"loss")"));
  EXPECT_THAT(whole.out, HasSubstr(R"("name":"rate")"));
  ASSERT_EQ(run("killed", {}, "call@fit.step:6=kill", "fitted.yaml").code, 128 + SIGKILL);
  const Result result = run("killed", {"--resume", "--json"}, "", "fitted.yaml");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(calls(result, "fit.step"), 2);
  EXPECT_EQ(difference(folder_.outputs("killed"), folder_.outputs("whole")), "");
}

TEST_F(Checkpoint, FilesOfBeforeAreOnRecordAndNotWrittenAgain) {
  ASSERT_EQ(run("out", {}, "call@grow.press:8=kill").code, 128 + SIGKILL);
  EXPECT_EQ(states("out"), std::vector<std::string>{"grow@0000.state"});
  const auto time_of = [&](const std::string& name) { return std::filesystem::last_write_time(folder_ / name); };
  const auto before = time_of("out/turns/0-04.png");
  ASSERT_EQ(run("out", {"--resume"}).code, 0);
  EXPECT_EQ(time_of("out/turns/0-04.png"), before);
  std::ifstream journal(folder_ / "out/items.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(journal, line));
  for (const char* name : {"turns/0-00.png", "turns/0-02.png", "turns/0-08.png"}) EXPECT_THAT(line, HasSubstr(name));
  const Result again = run("out", {"--resume", "--json"});
  EXPECT_THAT(again.out, Not(HasSubstr("item_started")));
}

TEST_F(Checkpoint, NumbersFromTurnToTurnAreATableWithEachTurnOnce) {
  const Result whole = run("whole", {"--json"});
  ASSERT_EQ(whole.code, 0);
  EXPECT_THAT(whole.out, HasSubstr(R"("event":"scalar")"));
  EXPECT_THAT(whole.out, HasSubstr(R"("turn":9,"turns":10,"around":[],"name":"number","value":9.0,"element":[]})"));
  EXPECT_THAT(whole.out, HasSubstr(R"("scalars":["scalars/0000-grow.csv","scalars/0000-grow.svg"])"));
  EXPECT_EQ(Folder::text_of(folder_ / "whole/scalars/0000-grow.csv"),
            "turn,number\n0,0\n1,1\n2,2\n3,3\n4,4\n5,5\n6,6\n7,7\n8,8\n9,9\n");
  for (const char* order :
       {"call@grow.told:6=kill", "rename@.state:2=kill", "call@grow.press:8=kill", "call@strips=kill"}) {
    ASSERT_EQ(run("out", {"--lanes", "1"}, order).code, 128 + SIGKILL) << order;
    const Result result = run("out", {"--resume"});
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("scalars: out/scalars (1 table, each with a plot)\n"));
    EXPECT_EQ(difference(folder_.outputs("out"), folder_.outputs("whole")), "") << order;
    std::filesystem::remove_all(folder_ / "out");
  }
}

TEST_F(Checkpoint, IsNotUsedWhereAFileOfTheLoopIsGone) {
  ASSERT_EQ(run("whole").code, 0);
  ASSERT_EQ(run("out", {}, "call@grow.press:8=kill").code, 128 + SIGKILL);
  std::filesystem::remove(folder_ / "out/turns/0-02.png");
  const Result result = run("out", {"--resume"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err,
              HasSubstr("node 'grow': what was kept of it is not used, and it begins anew: "
                        "out/.state/grow@0000.state: 'turns/0-02.png' is gone, or not as the loop wrote it"));
  EXPECT_EQ(difference(folder_.outputs("out"), folder_.outputs("whole")), "");
}

TEST_F(Checkpoint, OfAnotherDtypeIsNotUsedAndSaysWhy) {
  ASSERT_EQ(run("out", {}, "call@grow.press:8=kill").code, 128 + SIGKILL);
  const Result result = run("out", {"--resume", "--convolutions", "direct"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("it is of another device: was cpu, auto, convolutions auto, is cpu, auto, "
                                    "convolutions direct"));
}

TEST_F(Checkpoint, OfAnotherGraphOrParamsBelongsToAnotherRun) {
  ASSERT_EQ(run("out", {}, "call@grow.press:8=kill").code, 128 + SIGKILL);
  const Result other = run("out", {"--resume", "--turns", "11"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("it is another one: param turns was 10, is 11"));
  const Result fresh = run("out");
  EXPECT_EQ(fresh.code, 2) << "hours may lie in it";
  EXPECT_THAT(fresh.err, HasSubstr("holds a run already (go on with it by --resume"));
  EXPECT_EQ(run("out", {"--overwrite"}).code, 0);
  EXPECT_TRUE(states("out").empty());
}

/// Cut off anywhere, or one byte changed: the loop begins anew, and says why.
TEST_F(Checkpoint, ThatIsDamagedIsNotUsed) {
  ASSERT_EQ(run("whole").code, 0);
  ASSERT_EQ(run("killed", {}, "call@grow.press:8=kill").code, 128 + SIGKILL);
  const std::string name = "/.state/grow@0000.state";
  const std::string good = Folder::text_of(folder_ / "killed" + name);
  ASSERT_GT(good.size(), 1000u);
  std::vector<std::string> bad{"", good.substr(0, good.size() / 2)};  // observers_tests cuts everywhere
  bad.push_back(good);
  bad.back()[good.size() / 2] ^= 1;
  for (const std::string& one : bad) {
    std::filesystem::copy(folder_ / "killed", folder_ / "out", std::filesystem::copy_options::recursive);
    folder_.write("out" + name, one);
    const Result result = run("out", {"--resume"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("is not used, and it begins anew: out/.state/grow@0000.state: it is "));
    EXPECT_EQ(difference(folder_.outputs("out"), folder_.outputs("whole")), "");
    std::filesystem::remove_all(folder_ / "out");
  }
}

TEST_F(Checkpoint, OfARunInASharedFolderIsItsOwn) {
  ASSERT_EQ(run("whole").code, 0);
  ASSERT_EQ(run("out", {"--append"}, "call@grow.press:8=kill").code, 128 + SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/runs/0001/.state/grow@0000.state"));
  const Result result = run("out", {"--append", "--resume", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(calls(result, "grow.press"), 4);
  auto whole = folder_.outputs("whole");  // numbers of runs that share a folder lie with their records
  for (const char* name : {"scalars/0000-grow.csv", "scalars/0000-grow.svg"})
    EXPECT_EQ(Folder::text_of(folder_ / "out/runs/0001/" + name), whole.extract(name).mapped());
  EXPECT_EQ(difference(folder_.outputs("out"), whole), "");
}

TEST_F(Checkpoint, ThatCannotBeWrittenIsToldAndTheRunGoesOn) {
  ASSERT_EQ(run("whole").code, 0);
  const Result result = run("out", {}, "write@.state:1+=ENOSPC");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("node 'grow': it could not be kept after turn 3: cannot write"));
  EXPECT_EQ(difference(folder_.outputs("out"), folder_.outputs("whole")), "");
}

TEST_F(Checkpoint, NamesOfStatesAreNoNamesForFiles) {
  std::string text = kGrown;
  text.replace(text.find("\"{seed}.png\""), 12, "\".state/{seed}.png\"");
  folder_.write("taken.yaml", text);
  const Result result = run("out", {}, "", "taken.yaml");
  EXPECT_NE(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("is a name under which a run keeps its own record"));
}

TEST_F(Checkpoint, ANodeWhoseStateCannotBeKeptIsAFault) {
  folder_.write("match.yaml", R"(graph: m
params: {sources: {type: path}}
nodes:
  noise: {type: noise, width: 64, height: 64, seed: 1, model: embedded}
  bank: {type: patch-bank, source_images: $sources, model: embedded}
  loop:
    type: loop
    steps: 4
    checkpoint: {every: 2}
    state: {latents: noise.latents}
    nodes:
      regions: {type: segment, in: {latents: state.latents}}
      matched: {type: match, in: {latents: state.latents, labels: regions.labels, bank: bank.bank}}
      blended: {type: blend, in: {latents: state.latents, matches: matched.matches}}
    next: {latents: blended.latents}
    out: {latents: blended.latents, matches: matched.matches}
  image: {type: vae-decode, model: embedded, in: {latents: loop.latents}}
  save: {type: save-image, path: "a.png", in: {image: image.image}}
)");
  const Result result = decoupage({"check", "match.yaml"}, {folder_.path()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("match.yaml:13:7: error: node 'loop.matched' (match): the loop 'loop' has "
                                    "checkpoints, and what this node keeps from turn to turn cannot be kept in them"));
  EXPECT_THAT(result.err, HasSubstr("match.yaml:9:25: error: loop 'loop': checkpoint: output 'matches' is a matches, "
                                    "which cannot be kept; these can: "));
}

}  // namespace
}  // namespace testing_cli
