// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/program.h"

/// What becomes of a run when something goes wrong in it: the other items are whole, the exit code is the documented
/// one, the message names item, node and cure, and a resumed run ends with the bytes of one that nothing disturbed.
namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

constexpr const char* kCheap = R"(graph: cheap
params: {seed: {type: int, default: 0}}
nodes:
  noise:  {type: draw-noise, seed: $seed, width: 32, height: 32, style: noise}
  broken: {type: fault, number: $seed, first: 2, every: 100, what: exit, until: mended, in: {value: noise.image}}
  small:  {type: resize, width: 16, height: 16, in: {image: broken.value}}
  save:   {type: save-image, path: "pictures/{seed}.png", in: {image: small.image}}
  sheet:  {type: contact-sheet, cell: 16, in: {image: small.image}}
  show:   {type: save-image, path: "sheet.png", in: {image: sheet.image}}
)";

constexpr const char* kLoading = R"(graph: loading
params: {seed: {type: int, default: 0}}
nodes:
  load: {type: load-image, path: "whole/pictures/${seed}.png"}
  save: {type: save-image, path: "{seed}.png", in: {image: load.image}}
)";

class Faults : public testing::Test {
 protected:
  Faults() {
    folder_.write("cheap.yaml", kCheap);
    folder_.write("mended", "");
  }

  static Start start(const Folder& folder, const std::string& faults) {
    Start start{folder.path(), {{"DECOUPAGE_CACHE", folder / "cache"}}};
    if (!faults.empty()) start.env["DECOUPAGE_FAULTS"] = faults;
    return start;
  }
  Start start(const std::string& faults) const { return start(folder_, faults); }

  /// Six seeds, one after the other, so that the number of a call is that of an item.
  static Words cheap(const std::string& output, const Words& more = {}) {
    Words words{"run", "cheap.yaml", "--seed", "0..5", "--lanes", "1", "--threads", "1", "--output-dir", output};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Result run(const Words& words, const std::string& faults = "") const { return decoupage(words, start(faults)); }

  const Files& whole() {
    if (whole_.empty()) {
      EXPECT_EQ(run(cheap("whole")).code, 0);
      whole_ = folder_.outputs("whole");
      EXPECT_EQ(whole_.size(), 7u);
    }
    return whole_;
  }

  /// The files are those of the undisturbed run, but for these.
  static void expect_whole_but(const Files& got, Files due, const Words& missing) {
    for (const std::string& name : missing) EXPECT_EQ(due.erase(name), 1u) << name;
    EXPECT_EQ(difference(got, due), "");
  }
  void expect_whole_but(const std::string& output, const Words& missing) {
    expect_whole_but(folder_.outputs(output), whole(), missing);
  }

  void expect_resumed(const std::string& output, const std::string& after) {
    const Result result = run(cheap(output, {"--resume", "--quiet"}));
    EXPECT_EQ(result.code, 0) << "after " << after << ": " << result.err;
    EXPECT_EQ(difference(folder_.outputs(output), whole()), "") << "after " << after;
    for (const std::string& name : folder_.names(output)) EXPECT_FALSE(name.ends_with(".part")) << name;
  }

  Folder folder_;
  Files whole_;
};

TEST_F(Faults, AnOrderThatIsNoneIsRefused) {
  const Result result = run(cheap("out"), "write@.png:3=ENOSPACE");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("DECOUPAGE_FAULTS: 'write@.png:3=ENOSPACE': no fault 'ENOSPACE'"));
}

/// In one item each: at writing, at syncing and at renaming.
TEST_F(Faults, AFullDiskFailsTheItemThatWrites) {
  const Result result = run(cheap("out"), "write@pictures/:2=ENOSPC,sync@pictures/:3=EDQUOT,rename@pictures/:4=EROFS");
  EXPECT_EQ(result.code, 1) << result.err;
  const auto failed = [](const std::string& item, const std::string& why) {
    return HasSubstr("failed: item " + item + " (seed=" + item + "): node 'save': cannot write 'out/pictures/" + item +
                     ".png': " + why);
  };
  EXPECT_THAT(result.out,
              AllOf(failed("1", "No space left on device (make room, or choose another place)"),
                    failed("3", "Disk quota exceeded (make room, or choose another place)"),
                    failed("5", "Read-only file system (choose a place that you may write to)"),
                    HasSubstr("to try again what failed: the same command with --resume --output-dir out")));
  Files got = folder_.outputs("out");
  got.erase("sheet.png");
  expect_whole_but(got, whole(), {"pictures/1.png", "pictures/3.png", "pictures/5.png", "sheet.png"});
  expect_resumed("out", "a full disk");
  EXPECT_EQ(run({"merge", "out"}).code, 0) << "the journal tells of every file";
}

TEST_F(Faults, AJournalThatCannotBeWrittenEndsTheRun) {
  for (const std::string point : {"write", "sync"}) {
    const Result result = run(cheap(point), point + "@items.jsonl:2+=ENOSPC");
    EXPECT_EQ(result.code, 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr("cannot write '" + point + "/items.jsonl': No space left on device"));
    expect_resumed(point, point);
  }
}

TEST_F(Faults, ARecordThatCannotBeWrittenMeansThatNothingRan) {
  const Result result = run(cheap("out"), "write@run.json=ENOSPC");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot write 'out/run.json': No space left on device (make room"));
  expect_resumed("out", "run.json");
}

/// The pictures are whole, and what became of the items is told all the same.
TEST_F(Faults, ATraceThatCannotBeWrittenCostsTheTraceAlone) {
  for (const std::string order : {"write@trace.json:3=ENOSPC", "rename@trace.json=EROFS"}) {
    const std::string output = order.substr(0, 5);
    const Result result = run(cheap(output, {"--trace", "trace.json"}), order);
    EXPECT_EQ(result.code, 1) << order;
    EXPECT_THAT(result.err, HasSubstr("error: cannot write the trace 'trace.json': ")) << order;
    EXPECT_THAT(result.out, AllOf(HasSubstr("files: " + output), Not(HasSubstr("trace:")))) << order;
    EXPECT_EQ(difference(folder_.outputs(output), whole()), "") << order;
    EXPECT_FALSE(fs::exists(folder_ / "trace.json")) << order;
  }
}

TEST_F(Faults, ADrawingThatCannotBeWrittenLeavesTheOneThatIsThere) {
  folder_.write("cheap.dot", "as it was");
  const Result result = run({"draw", "cheap.yaml", "-o", "cheap.dot"}, "write@cheap.dot=ENOSPC");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot write 'cheap.dot': No space left on device (make room"));
  EXPECT_EQ(folder_.read("cheap.dot"), "as it was");
}

/// What was joined so far stays, and the same command does the rest.
TEST_F(Faults, AJoinThatCannotWriteGoesOnWhereItWas) {
  for (const std::string shard : {"1", "2"}) EXPECT_EQ(run(cheap("shard" + shard, {"--shard", shard + "/2"})).code, 0);
  const Words join{"merge", "shard1", "shard2", "-o", "joined", "--copy"};
  for (const std::string fault :
       {"write@joined/pictures/:3=ENOSPC", "sync@joined/pictures/=EIO", "rename@joined/pictures/:2=EROFS"}) {
    const Result result = run(join, fault);
    EXPECT_EQ(result.code, 1) << fault << result.out;
    EXPECT_THAT(result.err, HasSubstr("cannot write 'joined/pictures/")) << fault;
    for (const std::string& name : folder_.names("joined")) EXPECT_FALSE(name.ends_with(".part")) << name;
  }
  EXPECT_EQ(run(join).code, 0);
  EXPECT_EQ(difference(folder_.outputs("joined"), whole()), "");
}

/// A file system of its own that is full before the run is over, then made larger.
TEST_F(Faults, ADiskThatIsFullIndeed) {
  whole();
  const std::string disk = folder_ / "disk";
  fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=32k") != 0) GTEST_SKIP() << "no right to mount a small disk";
  const Result result = run(cheap("disk/out"));
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out + result.err, HasSubstr("No space left on device (make room"));
  for (const auto& [name, bytes] : folder_.outputs("disk/out")) {
    if (name != "sheet.png") {
      EXPECT_EQ(bytes, whole_.at(name)) << name;
    }
  }
  EXPECT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
  expect_resumed("disk/out", "a full disk");
  umount2(disk.c_str(), MNT_DETACH);
}

TEST_F(Faults, APictureThatCannotBeReadFailsItsItem) {
  whole();
  folder_.write("loading.yaml", kLoading);
  const Words words{"run", "loading.yaml", "--seed", "0..5", "--output-dir", "out"};
  ASSERT_EQ(run({"run", "loading.yaml", "--seed", "0..5", "--output-dir", "due"}).code, 0);
  const Files due = folder_.outputs("due");
  const Result result = run(words, "read@pictures/4.png:1+=EIO");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("failed: item 4 (seed=4): node 'load': "),
                                HasSubstr("whole/pictures/4.png: cannot be read: Input/output error")));
  expect_whole_but(folder_.outputs("out"), due, {"4.png"});
  EXPECT_EQ(run({"run", "loading.yaml", "--seed", "0..5", "--output-dir", "out", "--resume"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), due), "");
}

TEST_F(Faults, ARecordThatCannotBeReadChangesNothing) {
  run(cheap("out"), "write@pictures/:3=EIO");
  const Result journal = run(cheap("out", {"--resume"}), "read@items.jsonl=EIO");
  EXPECT_EQ(journal.code, 2);
  EXPECT_THAT(journal.err, HasSubstr("cannot read 'out/items.jsonl': Input/output error"));
  const Result record = run(cheap("out", {"--resume"}), "read@run.json=EIO");
  EXPECT_EQ(record.code, 2);
  EXPECT_THAT(record.err, HasSubstr("out/run.json: cannot be read: Input/output error"));
  const Result graph = run(cheap("out", {"--resume"}), "read@cheap.yaml=EIO");
  EXPECT_EQ(graph.code, 2);
  EXPECT_THAT(graph.err, HasSubstr("Input/output error"));
  expect_resumed("out", "read errors");
}

/// What was written cannot be read back: it is not in the record as whole, so that a resumed run does it again.
TEST_F(Faults, AFileThatCannotBeReadBackIsMadeAgain) {
  const Result result = run(cheap("out"), "read@pictures/3.png=EIO");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(run({"merge", "out"}).code, 1);
  expect_resumed("out", "a read error");
}

/// One run, killed at one step of its work after the other until it is whole.
TEST_F(Faults, KilledAgainAndAgainItIsWholeInTheEnd) {
  whole();
  for (const std::string step :
       {"write", "sync", "rename", "call", "write@pictures/", "sync@pictures/", "rename@pictures/", "write@items",
        "call@small:2", "rename@pictures/:2", "write@sheet", "call@show"}) {
    const Result result = run(cheap("out", {"--resume", "--quiet"}), step + "=kill");
    EXPECT_EQ(result.code, 128 + SIGKILL) << step << result.err;
    for (const auto& [name, bytes] : folder_.outputs("out")) EXPECT_EQ(bytes, whole_.at(name)) << "killed at " << step;
  }
  expect_resumed("out", "a dozen kills");
}

TEST_F(Faults, AProcessThatANodeEndsGoesOn) {
  whole();
  fs::remove(folder_ / "mended");
  EXPECT_EQ(run(cheap("out")).code, 3);
  const auto made = folder_.outputs("out");
  EXPECT_LT(made.size(), 7u);
  folder_.write("mended", "");
  expect_resumed("out", "exit");
}

TEST_F(Faults, TermInACallFinishesWhatIsInFlight) {
  const auto words = [](const std::string& output) {
    return Words{"run", "cheap.yaml", "--seed", "0..79", "--lanes", "1", "--output-dir", output, "--resume"};
  };
  ASSERT_EQ(run(words("due")).code, 0);
  const Files due = folder_.outputs("due");
  Program program(words("out"), start("call@small:3=stop"));
  ASSERT_TRUE(program.wait_until_stopped()) << program.wait().err;
  program.signal(SIGTERM);
  program.signal(SIGCONT);
  const Result result = program.wait();
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_THAT(result.out, HasSubstr("to go on: the same command with --resume --output-dir out"));
  const Files made = folder_.outputs("out");
  for (const std::string name : {"pictures/0.png", "pictures/1.png", "pictures/2.png"})
    EXPECT_EQ(made.count(name) == 1 ? made.at(name) : "", due.at(name));
  EXPECT_EQ(run(words("out")).code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), due), "");
}

/// Names and stamps alone may come from the clock of the day.
TEST_F(Faults, AClockThatJumpsChangesNothing) {
  whole();
  Start jumping = start("");
  jumping.env["LD_PRELOAD"] = JUMPING_CLOCK;
  const char* const options = std::getenv("ASAN_OPTIONS");  // it would rather be loaded first itself
  jumping.env["ASAN_OPTIONS"] = std::string(options ? options : "") + ":verify_asan_link_order=0";
  const Result result = decoupage(cheap("out", {"--json", "--watchdog", "5"}), jumping);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(difference(folder_.outputs("out"), whole_), "");
  double last = 0;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    const double seconds = nlohmann::json::parse(line).at("t");
    EXPECT_GE(seconds, 0) << line;
    EXPECT_LT(seconds, 1e6) << line;
    last = std::max(last, seconds);
  }
  EXPECT_GT(last, 0);
  const auto year = [&](const std::string& output) {
    return std::stoi(nlohmann::json::parse(folder_.read(output + "/run.json")).at("begun").get<std::string>());
  };
  EXPECT_GE(year("out") - year("whole"), 99) << "the clock did jump";
}

}  // namespace
}  // namespace testing_cli
