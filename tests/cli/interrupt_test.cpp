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

using testing::HasSubstr;

/// Larger pictures, so that the run lasts until the signal has been seen.
constexpr const char* kSlow = R"(graph: slow
params: {seed: {type: int, default: 0}}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 192, height: 192, style: noise}
  save:  {type: save-image, path: "{seed:05}.png", in: {image: noise.image}}
)";

class Interrupt : public testing::Test {
 protected:
  Interrupt() { folder_.write("slow.yaml", kSlow); }

  std::vector<std::string> words(const std::string& output) {
    return {"run", "slow.yaml", "--seed", "0..199", "--output-dir", output, "--resume"};
  }

  /// A run that stands still in its twentieth item, so that no signal comes after its end.
  Program start(const std::string& output) {
    return Program(words(output), {folder_.path(), {{"DECOUPAGE_FAULTS", "call@noise:20=stop"}}});
  }

  /// The signal is there when it goes on.
  static void interrupt(Program& program, int signal) {
    EXPECT_TRUE(program.wait_until_stopped()) << program.err_so_far();
    program.signal(signal);
    program.signal(SIGCONT);
  }

  static void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

  Folder folder_;
};

TEST_F(Interrupt, OnceFinishesWhatIsInFlightAndResumeDoesTheRest) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string output = "out" + std::to_string(signal);
    Program program = start(output);
    interrupt(program, signal);
    const Result result = program.wait();
    EXPECT_EQ(result.code, 130) << result.err;
    EXPECT_THAT(result.err, HasSubstr("stopping"));
    EXPECT_THAT(result.out, HasSubstr("to go on: the same command with --resume --output-dir " + output));
    const auto made = folder_.outputs(output);
    EXPECT_GE(made.size(), 10u);
    EXPECT_LT(made.size(), 200u);
    const Result rest = decoupage(words(output), {folder_.path()});
    EXPECT_EQ(rest.code, 0) << rest.err;
    EXPECT_EQ(folder_.outputs(output).size(), 200u);
  }
  EXPECT_EQ(
      difference(folder_.outputs("out" + std::to_string(SIGINT)), folder_.outputs("out" + std::to_string(SIGTERM))),
      "");
}

TEST_F(Interrupt, TwiceStopsAtOnce) {
  Program program = start("out");
  interrupt(program, SIGTERM);
  while (program.running() && program.err_so_far().find("stopping: ") == std::string::npos) pause();
  program.signal(SIGINT);
  EXPECT_EQ(program.wait().code, 130);
  EXPECT_EQ(decoupage(words("out"), {folder_.path()}).code, 0);
  EXPECT_EQ(folder_.outputs("out").size(), 200u);
}

/// As from a scheduler, whose script passes on what the program gets, too.
TEST_F(Interrupt, BySeveralTermsAtOnceFinishesWhatIsInFlight) {
  Program program = start("out");
  interrupt(program, SIGTERM);
  for (int i = 0; i < 2; ++i) {
    pause();  // signals of one kind that wait are one
    program.signal(SIGTERM);
  }
  const Result result = program.wait();
  EXPECT_EQ(result.code, 130);
  EXPECT_THAT(result.err, testing::Not(HasSubstr("stopping at once")));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("cancelled")));
}

/// However late the last of them comes.
TEST_F(Interrupt, ByTermsUntilItHasEndedLeavesWithTheCodeOfTheRun) {
  Program program = start("out");
  interrupt(program, SIGTERM);
  while (program.running()) {
    program.signal(SIGTERM);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  const Result result = program.wait();
  EXPECT_EQ(result.code, 130);
  EXPECT_THAT(result.out, HasSubstr("to go on: the same command"));
}

}  // namespace
}  // namespace testing_cli
