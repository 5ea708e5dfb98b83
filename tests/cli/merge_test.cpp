// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// kSheet with a sheet for each width, whose pictures come from files that can be taken away.
constexpr const char* kSheets = R"(graph: sheets
params:
  seed:   {type: int, default: 0}
  width:  {type: int, default: 8}
nodes:
  load:  {type: load-image, path: "made/pictures/000${seed}.png"}
  small: {type: resize, width: $width, height: 8, in: {image: load.image}}
  save:  {type: save-image, path: "{width}/{seed}.png", in: {image: small.image}}
  sheet: {type: contact-sheet, cell: 16, per: [width], in: {image: small.image}}
  show:  {type: save-image, path: "sheet-{width}.png", in: {image: sheet.image}}
)";

class Merge : public testing::Test {
 protected:
  Merge() { folder_.write("sheet.yaml", kSheet); }

  Result command(std::vector<std::string> words) { return decoupage(words, {folder_.path()}); }

  /// Shard `i` of three of kSheet with eight seeds; all of it when `i` is 0.
  void run(const std::string& output, int i, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"run", "sheet.yaml", "--seed", "0..7", "--quiet", "--output-dir", output};
    if (i > 0) words.insert(words.end(), {"--shard", std::to_string(i) + "/3"});
    words.insert(words.end(), more.begin(), more.end());
    const Result result = command(words);
    ASSERT_EQ(result.code, 0) << result.err;
  }
  void run_shards(const std::string& prefix) {
    for (int i = 1; i <= 3; ++i) run(prefix + std::to_string(i), i);
  }

  std::string difference_from_whole(const std::string& output) {
    if (!fs::exists(folder_ / "whole")) run("whole", 0);
    return difference(folder_.outputs(output), folder_.outputs("whole"));
  }

  /// Runs the commands that a merge has printed, as a shell reads them.
  void run_printed(const std::string& out) {
    std::istringstream lines(out);
    int count = 0;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("  decoupage ")) continue;
      ++count;
      const Result result =
          Program({"-c", DECOUPAGE + line.substr(11) + " --quiet"}, {folder_.path()}, "/bin/sh").wait();
      EXPECT_EQ(result.code, 0) << line << "\n" << result.err;
    }
    EXPECT_GT(count, 0) << out;
  }

  std::string refusal(const std::vector<std::string>& words) {
    const Result result = command(words);
    EXPECT_EQ(result.code, 2) << result.out << result.err;
    EXPECT_FALSE(fs::exists(folder_ / "all/pictures")) << "nothing may have been joined";
    return result.err;
  }

  void replace(const std::string& name, const std::string& what, const std::string& by) {
    std::string text = folder_.read(name);
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << text;
    folder_.write(name, text.replace(at, what.size(), by));
  }

  Folder folder_;
};

TEST_F(Merge, OfShardsInOneFolderMakesTheSheet) {
  for (int i = 1; i <= 3; ++i) run("all", i);
  const Result result = command({"merge", "all"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("made: all/sheet.png\nall: 8 of 8 items whole\n"));
  EXPECT_EQ(difference_from_whole("all"), "");
  const auto before = fs::last_write_time(folder_ / "all/sheet.png");
  const Result again = command({"merge", "all"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, "all: 8 of 8 items whole\n");
  EXPECT_EQ(fs::last_write_time(folder_ / "all/sheet.png"), before);
  const Result resumed = command({"run", "sheet.yaml", "--seed", "0..7", "--output-dir", "all", "--resume"});
  EXPECT_THAT(resumed.out, HasSubstr("nothing is left to do"));
}

TEST_F(Merge, OfAFolderForEachShardLinksTheirFiles) {
  run_shards("shard");
  const Result result = command({"merge", "shard1", "shard2", "shard3", "-o", "all"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("joined 3 folders into all: 8 files linked, 0 copied\n"));
  EXPECT_EQ(difference_from_whole("all"), "");
  EXPECT_EQ(fs::hard_link_count(folder_ / "all/pictures/0000.png"), 2u);
  EXPECT_EQ(command({"merge", "shard1", "shard2", "shard3", "-o", "copies", "--copy", "--recompute"}).code, 0);
  EXPECT_EQ(difference_from_whole("copies"), "");
  EXPECT_EQ(fs::hard_link_count(folder_ / "copies/pictures/0000.png"), 1u);
}

TEST_F(Merge, AgainTakesWhatHasComeSince) {
  run_shards("shard");
  EXPECT_EQ(command({"merge", "shard1", "shard3", "-o", "all"}).code, 1);
  EXPECT_FALSE(fs::exists(folder_ / "all/sheet.png"));
  EXPECT_EQ(command({"merge", "shard1", "shard2", "shard3", "-o", "all"}).code, 0);
  EXPECT_EQ(difference_from_whole("all"), "");
  const std::string journal = folder_.read("all/items-2-of-3.jsonl");
  EXPECT_EQ(command({"merge", "shard2", "-o", "all"}).code, 0);
  EXPECT_EQ(folder_.read("all/items-2-of-3.jsonl"), journal);
}

TEST_F(Merge, JoinsAShardThatWentOnElsewhere) {
  run_shards("shard");
  run("again2", 2);
  // The first node died with half of it; the second one has damaged a file since.
  fs::remove(folder_ / "shard2/pictures/0001.png");
  fs::resize_file(folder_ / "again2/pictures/0004.png", 20);
  const Result result = command({"merge", "shard1", "shard2", "again2", "shard3", "-o", "all"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_EQ(difference_from_whole("all"), "");
}

TEST_F(Merge, SaysWhatIsMissingAndHowToRunIt) {
  run_shards("shard");
  fs::remove(folder_ / "shard1/pictures/0003.png");
  std::ofstream(folder_ / "shard2/pictures/0004.png", std::ios::app) << "more";
  fs::remove(folder_ / "shard3/items-3-of-3.jsonl");
  const Result result = command({"merge", "shard1", "shard2", "shard3", "-o", "all"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("all: 4 of 8 items whole\n"));
  EXPECT_THAT(result.out, HasSubstr("item 3 (seed=3), node 'save': 'pictures/0003.png' is gone\n"));
  EXPECT_THAT(result.out, HasSubstr("item 4 (seed=4), node 'save': 'pictures/0004.png' is gone\n"));
  EXPECT_THAT(result.err, HasSubstr("shard2/pictures/0004.png: is not as it was written"));
  EXPECT_THAT(result.out, HasSubstr("item 5 (seed=5), node 'save': not run\n"));
  EXPECT_THAT(result.out, HasSubstr("waits for them: node 'show'"));
  EXPECT_THAT(result.out, HasSubstr("  decoupage run sheet.yaml --seed 0..7 --shard 3/3 --resume --output-dir all\n"));
  run_printed(result.out);
  const Result complete = command({"merge", "all"});
  EXPECT_EQ(complete.code, 0) << complete.out << complete.err;
  EXPECT_EQ(difference_from_whole("all"), "");
}

TEST_F(Merge, NamesWhatFailedAndWhatWasDamaged) {
  folder_.write("sheets.yaml", kSheets);
  run("made", 0);
  fs::remove(folder_ / "made/pictures/0002.png");
  EXPECT_EQ(command({"run", "sheets.yaml", "--seed", "0..3", "--shard", "1/1", "--output-dir", "all"}).code, 1);
  fs::resize_file(folder_ / "all/8/1.png", 30);
  const Result result = command({"merge", "all"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("item 1 (seed=1), node 'save': '8/1.png' is not as it was written"));
  EXPECT_THAT(result.out, HasSubstr("item 2 (seed=2), node 'save': failed: node 'load': "));
  EXPECT_THAT(result.out, HasSubstr("  decoupage run sheets.yaml --seed 0..3 --resume --output-dir all\n"));
}

TEST_F(Merge, ReadsSavedPicturesInThePlaceOfMakingThemAgain) {
  folder_.write("sheets.yaml", kSheets);
  run("made", 0);
  const std::vector<std::string> words{"run", "sheets.yaml", "--seed", "0..3", "--sweep", "width=8,6", "--quiet"};
  const auto shard = [&](const std::string& part) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--output-dir", "all", "--shard", part});
    return command(all).code;
  };
  EXPECT_EQ(shard("1/2"), 0);
  EXPECT_EQ(shard("2/2"), 0);
  std::vector<std::string> whole = words;
  whole.insert(whole.end(), {"--output-dir", "due"});
  EXPECT_EQ(command(whole).code, 0);
  fs::remove_all(folder_ / "made");
  // One width lacks a picture: the sheet of the other one is made all the same.
  const std::string kept = folder_.read("all/6/3.png");
  fs::remove(folder_ / "all/6/3.png");
  const Result result = command({"merge", "all"});
  EXPECT_EQ(result.code, 1) << result.out;
  EXPECT_EQ(folder_.read("all/sheet-8.png"), folder_.read("due/sheet-8.png"));
  EXPECT_FALSE(fs::exists(folder_ / "all/sheet-6.png"));
  folder_.write("all/6/3.png", kept);
  EXPECT_EQ(command({"merge", "all", "--recompute"}).code, 1) << "what made the pictures is gone";
  EXPECT_EQ(command({"merge", "all"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("all"), folder_.outputs("due")), "");
}

TEST_F(Merge, ComputesWhatWasNotSaved) {
  replace("sheet.yaml", "{seed:04}.png", "{seed:04}.jpg");
  for (int i = 1; i <= 3; ++i) run("all", i);
  const Result result = command({"merge", "all"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("8 items must be computed once more"));
  EXPECT_EQ(difference_from_whole("all"), "");
}

TEST_F(Merge, KeepsFileNamesOfWhatTheRunWasGiven) {
  folder_.write("dots.yaml", R"(graph: dots
params:
  prompt: {type: string, default: "a cat"}
  seed:   {type: int, default: 0}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 16, height: 12, style: noise}
  save:  {type: save-image, path: "{overrides}-{item}-{prompt}.png", in: {image: noise.image}}
  sheet: {type: contact-sheet, in: {image: noise.image}}
  show:  {type: save-image, path: "sheet-{overrides}.png", in: {image: sheet.image}}
)");
  const std::vector<std::string> words{"run", "dots.yaml", "--prompt", "it's a \"cat\", $HOME", "--num-seeds", "3"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = words;
    all.insert(all.end(), more.begin(), more.end());
    const Result result = command(all);
    EXPECT_EQ(result.code, 0) << result.err;
  };
  with({"--output-dir", "whole"});
  with({"--output-dir", "all", "--shard=1/2", "--lanes", "1"});
  const Result result = command({"merge", "all"});
  EXPECT_EQ(result.code, 1);
  run_printed(result.out);
  EXPECT_EQ(command({"merge", "all"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("all"), folder_.outputs("whole")), "");
}

TEST_F(Merge, OfShardsWithoutItems) {
  for (int i = 1; i <= 4; ++i) {
    const Result result = command({"run", "sheet.yaml", "--seed", "0,1", "--quiet", "--shard", std::to_string(i) + "/4",
                                   "--output-dir", "shard" + std::to_string(i)});
    EXPECT_EQ(result.code, 0) << result.err;
  }
  const Result result = command({"merge", "shard1", "shard2", "shard3", "shard4", "-o", "all"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST_F(Merge, RefusesWhatIsNotOneRun) {
  run_shards("shard");
  run("steps", 1, {"--width", "24"});
  EXPECT_THAT(refusal({"merge", "shard1", "steps", "-o", "all"}), HasSubstr("param width was 16, is 24"));
  EXPECT_THAT(refusal({"merge", "shard1", "nowhere", "-o", "all"}), HasSubstr("'nowhere' is not a folder"));
  fs::create_directory(folder_ / "empty");
  EXPECT_THAT(refusal({"merge", "shard1", "empty", "-o", "all"}), HasSubstr("'empty' holds no run"));
  EXPECT_THAT(refusal({"merge", "shard1", "shard2"}), HasSubstr("-o DIR"));
  EXPECT_THAT(refusal({"merge"}), HasSubstr("no folder given"));
  replace("shard2/run.json", "\"version\": \"", "\"version\": \"9");
  EXPECT_THAT(refusal({"merge", "shard1", "shard2", "-o", "all"}), HasSubstr("version"));
  replace("sheet.yaml", "cell: 16", "cell: 17");
  run("changed", 3);
  EXPECT_THAT(refusal({"merge", "shard1", "changed", "-o", "all"}), HasSubstr("/sheet.yaml' has changed"));
  EXPECT_THAT(refusal({"merge", "changed", "shard1", "-o", "all"}), HasSubstr("'shard1' and 'changed'"));
}

TEST_F(Merge, RefusesAJournalThatIsBeingWritten) {
  run_shards("shard");
  const int file = open((folder_ / "shard2/items-2-of-3.jsonl").c_str(), O_RDWR);
  ASSERT_EQ(flock(file, LOCK_EX), 0);
  EXPECT_THAT(refusal({"merge", "shard1", "shard2", "-o", "all"}), HasSubstr("shard2/items-2-of-3.jsonl"));
  close(file);
}

TEST_F(Merge, RefusesHostileRecordsByName) {
  run_shards("shard");
  const std::string journal = folder_.read("shard1/items-1-of-3.jsonl");
  folder_.write("secret.png", "secret");
  fs::create_symlink(folder_.path(), folder_ / "shard1/link");
  fs::create_symlink(folder_ / "secret.png", folder_ / "shard1/alias.png");
  for (const std::string path : {"../secret.png", "/etc/passwd", "pictures/../../secret.png", "link/secret.png",
                                 "alias.png", "run.json", "items-2-of-3.jsonl", "", ".", "a\\u0000b", "pictures/.."}) {
    std::string text = journal;
    folder_.write("shard1/items-1-of-3.jsonl", text.replace(text.find("pictures/0000.png"), 17, path));
    EXPECT_THAT(refusal({"merge", "shard1", "shard2", "-o", "all"}), HasSubstr("shard1/items-1-of-3.jsonl")) << path;
  }
}

TEST_F(Merge, SurvivesAnyRecordOfARun) {
  run("all", 1);
  run("all", 2);
  run("all", 3);
  const std::string record = folder_.read("all/run.json");
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  std::vector<std::string> texts{"", "{", "[]", "null", "{\"run\":1}", deep, "{\"run\":" + deep + "}"};
  for (std::size_t bytes = 40; bytes + 3 < record.size(); bytes += 811) texts.push_back(record.substr(0, bytes));
  const auto with = [&](const std::string& what, const std::string& by) {
    std::string text = record;
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    texts.push_back(text.replace(at, what.size(), by));
  };
  with("\"run\": 1", "\"run\": 2");
  with("\"items\": 8", "\"items\": 2000000000");
  with("\"shards\": 3", "\"shards\": 0");
  with("\"shards\": 3", "\"shards\": -1");
  with("\"type\": \"int\"", "\"type\": 7");
  with("\"7\"", "\"seven\"");
  with("\"7\"", "\"99999999999999999999\"");
  with("\"set_params\": [", "\"set_params\": [\"colour\", ");
  with("\"given\": [", "\"given\": [{\"name\": \"x\", \"param\": \"y\"}, ");
  with("\"plugins\": [", "\"plugins\": [\"/tmp/evil.so\"");
  with("graph: sheet", "graph: [");
  for (const std::string& text : texts) {
    folder_.write("all/run.json", text);
    const Result result = command({"merge", "all"});
    EXPECT_EQ(result.code, 2) << text.substr(0, 200) << "\n" << result.out << result.err;
    EXPECT_FALSE(fs::exists(folder_ / "all/sheet.png"));
  }
}

TEST_F(Merge, NamesTornAndForeignLines) {
  run_shards("shard");
  const std::string journal = folder_.read("shard2/items-2-of-3.jsonl");
  const std::size_t last = journal.rfind('\n', journal.size() - 2) + 1;
  folder_.write("shard2/items-2-of-3.jsonl",
                "{\"item\": \"x\"}\n" + std::string(100'000, '[') + "\n" + journal.substr(0, last + 30));
  const Result result = command({"merge", "shard1", "shard2", "shard3", "-o", "all"});
  EXPECT_EQ(result.code, 1) << result.out;
  EXPECT_THAT(result.err, HasSubstr("shard2/items-2-of-3.jsonl:1: this line is not a record"));
  EXPECT_THAT(result.err, HasSubstr("shard2/items-2-of-3.jsonl:2: this line is not a record"));
  EXPECT_THAT(result.err, HasSubstr("shard2/items-2-of-3.jsonl: its last line is cut off"));
  EXPECT_THAT(result.out, HasSubstr("all: 7 of 8 items whole\n"));
  run_printed(result.out);
  EXPECT_EQ(command({"merge", "all"}).code, 0);
  EXPECT_EQ(difference_from_whole("all"), "");
}

TEST_F(Merge, HelpTellsTheExitCodes) {
  const Result result = command({"merge", "--help"});
  EXPECT_EQ(result.code, 0);
  for (const char* text : {"--output-dir", "--recompute", "Exit codes", "decoupage merge"}) {
    EXPECT_THAT(result.out, HasSubstr(text));
  }
}

}  // namespace
}  // namespace testing_cli
