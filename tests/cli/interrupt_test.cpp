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

/// Larger pictures, so that the run lasts until the signal has come.
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

  /// Waits until a few pictures are there, or the run has ended.
  void wait_for_pictures(Program& program, const std::string& folder) {
    while (program.running() && folder_.outputs(folder).size() < 4) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  Folder folder_;
};

TEST_F(Interrupt, OnceFinishesWhatIsInFlightAndResumeDoesTheRest) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string output = "out" + std::to_string(signal);
    Program program(words(output), {folder_.path()});
    wait_for_pictures(program, output);
    program.signal(signal);
    const Result result = program.wait();
    EXPECT_EQ(result.code, 130) << result.err;
    EXPECT_THAT(result.err, HasSubstr("stopping"));
    EXPECT_THAT(result.out, HasSubstr("to go on: the same command with --resume --output-dir " + output));
    const auto made = folder_.outputs(output);
    EXPECT_GE(made.size(), 4u);
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
  Program program(words("out"), {folder_.path()});
  wait_for_pictures(program, "out");
  program.signal(SIGTERM);
  program.signal(SIGINT);
  EXPECT_EQ(program.wait().code, 130);
  EXPECT_EQ(decoupage(words("out"), {folder_.path()}).code, 0);
  EXPECT_EQ(folder_.outputs("out").size(), 200u);
}

/// As from a scheduler, whose script passes on what the program gets, too.
TEST_F(Interrupt, BySeveralTermsAtOnceFinishesWhatIsInFlight) {
  Program program(words("out"), {folder_.path()});
  wait_for_pictures(program, "out");
  for (int i = 0; i < 3; ++i) {
    program.signal(SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // signals of one kind that wait are one
  }
  const Result result = program.wait();
  EXPECT_EQ(result.code, 130);
  EXPECT_THAT(result.err, testing::Not(HasSubstr("stopping at once")));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("cancelled")));
}

/// However late the last of them comes.
TEST_F(Interrupt, ByTermsUntilItHasEndedLeavesWithTheCodeOfTheRun) {
  Program program(words("out"), {folder_.path()});
  wait_for_pictures(program, "out");
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
