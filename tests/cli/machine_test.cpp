// SPDX-License-Identifier: MIT
// Limits of the machine: a smaller run or a message, and nothing that hangs. docs/reliability.md has the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;  // it needs terabytes of addresses, and stacks of its own
#else
constexpr bool kSanitized = false;
#endif

class Machine : public testing::Test {
 protected:
  Machine() {
    folder_.write("dots.yaml", kDots);
    chmod(folder_.path().c_str(), 0777);
  }

  /// As a user who has no other processes: the first user's limits of these do not count.
  Start threads(long most) const {
    Start start{folder_.path(), {{"HOME", folder_.path()}}};
    start.limits[RLIMIT_NPROC] = most;
    start.user = 50'000 + static_cast<int>(getpid() % 10'000);
    return start;
  }

  Start limited(int which, long most) const {
    Start start{folder_.path()};
    start.limits[which] = most;
    return start;
  }

  Result run(const Start& start, std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"run", "dots.yaml", "--output-dir", "out", "--overwrite"});
    return decoupage(words, start);
  }

  static std::vector<std::string> model_words() {
    return {"run",          std::string(SOURCE_DIR) + "/configs/txt2img.yaml",
            "--prompt",     "a boat",
            "--steps",      "1",
            "--width",      "64",
            "--height",     "64",
            "--output-dir", "out",
            "--overwrite"};
  }

  Folder folder_;
};

TEST_F(Machine, FewThreadsComputeWithAWarning) {
  if (geteuid() != 0) GTEST_SKIP() << "only the first user can be another one";
  for (const std::vector<std::string>& words :
       {model_words(), {"run", "dots.yaml", "--seed", "0..3", "--output-dir", "out", "--overwrite"}}) {
    const Result result = decoupage(words, threads(5));
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.err,
                AllOf(HasSubstr("warning: only 4 more threads can be started here (ulimit -u, "), HasSubstr("1 of ")));
    EXPECT_THAT(decoupage(words, threads(12)).code, 0);
  }
}

TEST_F(Machine, TooFewThreadsAreAnError) {
  if (geteuid() != 0) GTEST_SKIP() << "only the first user can be another one";
  for (const long most : {1, 3}) {
    const Result result = decoupage(model_words(), threads(most));
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("more threads can be started here, and 4 are needed: raise the limit"));
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  }
}

TEST_F(Machine, ASmallStackChangesNothing) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer has stacks of its own";
  ASSERT_EQ(run({folder_.path()}).code, 0);
  const auto due = folder_.outputs("out");
  for (const bool soft : {false, true}) {
    Start start = limited(RLIMIT_STACK, 128 << 10);
    start.soft = soft;
    const Result result = run(start);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(difference(folder_.outputs("out"), due), "");
    const Result check = decoupage({"check", "dots.yaml"}, start);
    EXPECT_EQ(check.code, 0) << check.err;
  }
}

TEST_F(Machine, SignalsReachARunWhoseFirstThreadHasNoStack) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer has stacks of its own";
  Start start = limited(RLIMIT_STACK, 128 << 10);
  start.env["DECOUPAGE_FAULTS"] = "call@noise:3=stop";
  Program program({"run", "dots.yaml", "--seed", "0..199", "--lanes", "1", "--output-dir", "out"}, start);
  ASSERT_TRUE(program.wait_until_stopped()) << program.err_so_far();
  program.signal(SIGTERM);
  program.signal(SIGCONT);
  EXPECT_EQ(program.wait().code, 130);
}

TEST_F(Machine, FewAddressesAreAnErrorThatNamesTheLimit) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer needs more";
  for (const long mebibytes : {100, 200, 400}) {
    const Result result = run(limited(RLIMIT_AS, mebibytes << 20));
    EXPECT_EQ(result.code, 2) << mebibytes << result.err;
    EXPECT_THAT(result.err, HasSubstr("(ulimit -v)"));
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  }
  const Result result = decoupage(model_words(), limited(RLIMIT_AS, 800L << 20));
  EXPECT_EQ(result.code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("(ulimit -v)"));
}

TEST_F(Machine, FewDescriptorsAreEnoughOrAnError) {
  for (const long files : {10, 20, 40}) EXPECT_EQ(run(limited(RLIMIT_NOFILE, files)).code, 0) << files;
  for (long files = 3; files < 10; ++files) {  // the loader needs some before the program does
    const Result result = run(limited(RLIMIT_NOFILE, files));
    if (result.code == 0) continue;
    EXPECT_THAT(result.err, AnyOf(HasSubstr("oo many open files"), HasSubstr("Error 24")));
  }
}

TEST_F(Machine, TheEndOfTheProcessorsTimeIsAnOrderToStop) {
  Start start = limited(RLIMIT_CPU, 1);
  start.soft = true;
  folder_.write("long.yaml",
                "graph: long\nparams: {seed: {type: int, default: 0}}\nnodes:\n"
                "  a: {type: draw-noise, seed: $seed, width: 512, height: 512}\n"
                "  save: {type: save-image, path: '{seed}.png', in: {image: a.image}}\n");
  const Result result = decoupage({"run", "long.yaml", "--seed", "0..99999", "--output-dir", "out"}, start);
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("the processor's time is up (ulimit -t)"));
  EXPECT_THAT(result.out, HasSubstr("to go on: "));
}

TEST_F(Machine, NoHomeNoLocaleAndNoTemporaryFolderDoNoHarm) {
  Start start{folder_.path(), {{"LC_ALL", "nonsense"}, {"LANG", "nonsense"}, {"TMPDIR", "/nowhere"}}};
  start.unset = {"HOME", "XDG_CACHE_HOME", "USER"};
  const Result result = decoupage(model_words(), start);
  EXPECT_EQ(result.code, 0) << result.err;
}

/// A node that is never open.
class NeverOpen : public Machine {
 protected:
  std::vector<std::string> words(const std::string& how, const std::string& seconds) {
    folder_.write("w.yaml", "graph: w\nnodes:\n  w: {type: waiting, how: " + how + ", file: ./here}\n");
    return {"run", "w.yaml", "--plugin", WAITING_NODE, "--watchdog", seconds, "--output-dir", "new/out"};
  }
};

TEST_F(NeverOpen, IsFoundByTheWatchdog) {
  for (const char* how : {"wait", "spin"}) {
    const Result result = decoupage(words(how, "0.3"), {folder_.path()});
    EXPECT_EQ(result.code, 1) << how << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("node 'w' is being opened, and stands still"), HasSubstr("--watchdog")));
  }
}

TEST_F(NeverOpen, EndsAtOneSignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    fs::remove(folder_ / "here");
    Program program(words("wait", "1000"), {folder_.path()});
    while (program.running() && !fs::exists(folder_ / "here")) std::this_thread::yield();
    program.signal(signal);
    const Result result = program.wait();
    EXPECT_EQ(result.code, 130) << result.err;
    EXPECT_THAT(result.err, HasSubstr("nothing has begun: leaving"));
  }
}

TEST_F(Machine, AFailedStartLeavesNoFolders) {
  folder_.write("bad.yaml",
                "graph: bad\nnodes:\n  a: {type: load-image, path: nowhere.png}\n"
                "  save: {type: save-image, path: a.png, in: {image: a.image}}\n");
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--output-dir", "new/and/newer/out"}, {}, {"--append"}}) {
    std::vector<std::string> words{"run", "bad.yaml"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(decoupage(words, {folder_.path()}).code, 2);
    EXPECT_FALSE(fs::exists(folder_ / "new"));
    EXPECT_FALSE(fs::exists(folder_ / "outputs"));
  }
  fs::create_directories(folder_ / "mine/kept");
  EXPECT_EQ(decoupage({"run", "bad.yaml", "--output-dir", "mine/kept"}, {folder_.path()}).code, 2);
  EXPECT_TRUE(fs::exists(folder_ / "mine/kept")) << "it was there before";
}

}  // namespace
}  // namespace testing_cli
