// SPDX-License-Identifier: MIT
#include "observers/record/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "tests/observers/sample.h"
#include "tests/observers/temp_folder.h"

namespace observers {
namespace {

using graph::Event;
using sample::Script;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

/// Runs over 4 seeds × 2 levels: item = 2·seed + level. `save` runs for each item, `sheet` for all together, `frame`
/// once.
class JournalTest : public FolderTest {
 protected:
  JournalTest() : plan_(sample::make_plan(4, 2)) {}

  JournalOptions options(bool resume = false, bool overwrite = false) const {
    JournalOptions made;
    made.folder = path("out");
    made.resume = resume;
    made.overwrite = overwrite;
    made.version = "1.0";
    return made;
  }
  JournalOptions shard(int index, int count, bool resume = false, bool overwrite = false) const {
    JournalOptions made = options(resume, overwrite);
    made.shard_index = index;
    made.shard_count = count;
    return made;
  }

  graph::Output wrote(const std::string& node, const std::string& name, const std::string& text = "pixels") const {
    write("out/" + name, text);
    return {node, name, text.size()};
  }
  /// The item runs `save`, which writes "<item>.png".
  void save_item(Journal& journal, int item) const {
    Script script(journal, plan_);
    script.item_started(item, 0);
    script.item_finished(item, 1, 0, {wrote("save", std::to_string(item) + ".png", "item " + std::to_string(item))},
                         {"save"});
    script.run_finished(2);
  }
  void save_items(const std::vector<int>& items, const JournalOptions& how) const {
    Journal journal(plan_, how);
    for (const int item : items) save_item(journal, item);
  }
  /// All items; the last one runs the shared sinks.
  void whole_run(const JournalOptions& how) const {
    Journal journal(plan_, how);
    for (int item = 0; item < 7; ++item) save_item(journal, item);
    Script script(journal, plan_);
    script.item_started(7, 0);
    script.item_finished(7, 1, 0, {wrote("save", "7.png"), wrote("sheet", "sheet.png")}, {"save", "sheet", "frame"});
  }

  int node(const std::string& id) const { return plan_.graph().find_node(id); }
  bool whole(const Journal& journal, const std::string& id, int item) const {
    return journal.whole(node(id), plan_.first_item(plan_.scope(node(id)), item));
  }
  std::vector<int> saved(const Journal& journal) const {
    std::vector<int> items;
    for (int item = 0; item < plan_.items(); ++item) {
      if (whole(journal, "save", item)) items.push_back(item);
    }
    return items;
  }
  std::vector<Json> lines(const std::string& name = "items.jsonl") const {
    std::vector<Json> result;
    std::istringstream in(text_of("out/" + name));
    for (std::string line; std::getline(in, line);) result.push_back(Json::parse(line));
    return result;
  }
  std::string refusal(const graph::Plan& plan, const JournalOptions& how) const {
    try {
      const Journal journal(plan, how);
    } catch (const std::runtime_error& e) {
      std::string text = e.what();
      for (std::size_t at; (at = text.find(folder_.string())) != std::string::npos;) {
        text.replace(at, folder_.string().size(), "DIR");
      }
      return text;
    }
    return "not refused";
  }
  std::string refusal(const JournalOptions& how) const { return refusal(plan_, how); }

  graph::Plan plan_;
};

TEST_F(JournalTest, KeepsWhatRuns) {
  JournalOptions how = shard(1, 4);
  how.plugins = {"more.so"};
  how.overrides = {{"save", "level", "9"}};
  how.extra = {{"model", "abc"}};
  const Journal journal(plan_, how);
  const Json record = Json::parse(text_of("out/run.json"));
  EXPECT_EQ(record.at("graph"), "sample");
  EXPECT_EQ(record.at("version"), "1.0");
  EXPECT_EQ(record.at("items"), 8);
  EXPECT_EQ(record.at("shards"), 4);
  EXPECT_EQ(record.at("params").at("seed"), (Json{{"type", "int"}, {"values", {"0", "1", "2", "3"}}}));
  EXPECT_EQ(record.at("params").at("steps"), (Json{{"type", "int"}, {"values", {"3"}}}));
  EXPECT_EQ(record.at("set"), (Json{{"save.level", "9"}}));
  EXPECT_EQ(record.at("plugins"), Json::array({"more.so"}));
  EXPECT_EQ(record.at("extra"), (Json{{"model", "abc"}}));
  EXPECT_EQ(record.at("files")[0].at("path"), "sample.yaml");
  EXPECT_EQ(record.at("files")[0].at("text"), "graph: sample\n");
  EXPECT_TRUE(exists("out/items-2-of-4.jsonl"));
  EXPECT_EQ(journal.folder(), path("out"));
}

TEST_F(JournalTest, WritesALinePerItem) {
  Journal journal(plan_, options());
  Script script(journal, plan_);
  script.item_started(3, 0);
  script.item_started(4, 0, 1);
  script.item_finished(3, 1, 0, {wrote("save", "a/3.png", "pixels"), wrote("denoise", "tap.npz", "tap")},
                       {"save", "frame"});
  script.item_failed(4, "save", "no", 2, 1);
  const auto crc = [](const std::string& text) {
    return crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
  };
  EXPECT_THAT(
      lines(),
      ElementsAre(
          Json{{"item", 3},
               {"label", "seed=1, level=1"},
               {"session", 0},
               {"status", "done"},
               {"units",
                {{{"node", "save"}, {"outputs", {{{"path", "a/3.png"}, {"bytes", 6}, {"crc32", crc("pixels")}}}}},
                 {{"node", "frame"}, {"outputs", Json::array()}}}},
               {"more", {{{"path", "tap.npz"}, {"bytes", 3}, {"crc32", crc("tap")}, {"node", "denoise"}}}}},
          Json{{"item", 4},
               {"label", "seed=2, level=0"},
               {"session", 0},
               {"status", "failed"},
               {"error", "node 'save': no"},
               {"units", Json::array()}}));
}

TEST_F(JournalTest, ResumesWhatIsNotWhole) {
  save_items({0, 1, 5}, options());
  {
    const Journal journal(plan_, options(true));
    EXPECT_THAT(saved(journal), ElementsAre(0, 1, 5));
    EXPECT_FALSE(whole(journal, "sheet", 0));
    EXPECT_FALSE(whole(journal, "frame", 0));
    EXPECT_THAT(journal.notes(), IsEmpty());
  }
  save_items({2}, options(true));
  const Journal journal(plan_, options(true));
  EXPECT_THAT(saved(journal), ElementsAre(0, 1, 2, 5));
  EXPECT_EQ(lines().back().at("session"), 1);
}

TEST_F(JournalTest, TakesAFileThatChangedAsNotWhole) {
  save_items({0, 1, 2, 3}, options());
  write("out/0.png", "item ");                 // shorter
  write("out/1.png", "item X");                // other bytes
  std::filesystem::remove(path("out/2.png"));  // gone
  const Journal journal(plan_, options(true));
  EXPECT_THAT(saved(journal), ElementsAre(3));
}

TEST_F(JournalTest, ChecksFilesOfNodesWithReadersToo) {
  {
    Journal journal(plan_, options());
    Script script(journal, plan_);
    script.item_finished(0, 1, 0, {wrote("save", "0.png"), wrote("denoise", "tap.npz")}, {"save"});
  }
  EXPECT_THAT(saved(Journal(plan_, options(true))), ElementsAre(0));
  std::filesystem::remove(path("out/tap.npz"));
  EXPECT_THAT(saved(Journal(plan_, options(true))), IsEmpty());
}

TEST_F(JournalTest, SharesWhatAGroupShares) {
  whole_run(options());
  const Journal journal(plan_, options(true));
  EXPECT_TRUE(whole(journal, "frame", 0)) << "run by item 7 for all";
  EXPECT_TRUE(whole(journal, "frame", 3));
  EXPECT_TRUE(whole(journal, "sheet", 0));
}

TEST_F(JournalTest, DoesAgainWhatWasGatheredWithoutAFailedItem) {
  {
    Journal journal(plan_, options());
    for (int item = 0; item < 7; ++item) {
      if (item != 2) save_item(journal, item);
    }
    Script script(journal, plan_);
    script.item_finished(7, 1, 0, {wrote("save", "7.png"), wrote("sheet", "sheet.png", "a hole")}, {"save", "sheet"});
    script.item_failed(2, "noise", "no", 2);
  }
  {
    Journal journal(plan_, options(true));
    EXPECT_FALSE(whole(journal, "sheet", 0)) << "item 2 is missing in it";
    save_item(journal, 2);
  }
  EXPECT_FALSE(whole(Journal(plan_, options(true)), "sheet", 0)) << "still the sheet of before";
  {
    Journal journal(plan_, options(true));
    Script script(journal, plan_);
    for (int item = 0; item < 7; ++item) script.item_finished(item, 1);
    script.item_finished(7, 1, 0, {wrote("sheet", "sheet.png", "no hole")}, {"sheet"});
  }
  EXPECT_TRUE(whole(Journal(plan_, options(true)), "sheet", 0));
}

TEST_F(JournalTest, DoesAgainWhatWasGatheredWhenAnItemsRecordWasLost) {
  whole_run(options());
  // Killed when item 7, which ran the sheet, had its record, and item 2 did not.
  std::string text;
  for (const Json& line : lines()) {
    if (line.at("item") != 2) text += line.dump() + "\n";
  }
  write("out/items.jsonl", text);
  const Journal journal(plan_, options(true));
  EXPECT_FALSE(whole(journal, "sheet", 0));
  EXPECT_THAT(saved(journal), ElementsAre(0, 1, 3, 4, 5, 6, 7));
}

TEST_F(JournalTest, CutsATornLineOff) {
  save_items({0, 1}, options());
  const std::string good = text_of("out/items.jsonl");
  append("out/items.jsonl", "{\"item\":2,\"label\":\"se");
  {
    Journal journal(plan_, options(true));
    EXPECT_THAT(journal.notes(), IsEmpty());
    EXPECT_EQ(text_of("out/items.jsonl"), good);
    EXPECT_THAT(saved(journal), ElementsAre(0, 1));
    save_item(journal, 2);
  }
  EXPECT_THAT(saved(Journal(plan_, options(true))), ElementsAre(0, 1, 2));
}

TEST_F(JournalTest, ReportsALineThatIsNoRecordAndGoesOn) {
  save_items({0}, options());
  append("out/items.jsonl", "garbage\n{\"item\":\"three\"}\n[]\n");
  append("out/items.jsonl", R"({"item":99,"label":"","session":0,"status":"done","units":[]})"
                            "\n");
  for (const char* item : {"1e300", "18446744073709551616", "0.5"}) {
    append("out/items.jsonl",
           std::string(R"({"item":)") + item + R"(,"label":"","session":0,"status":"done","units":[]})" + "\n");
  }
  save_items({1}, options(true));
  const Journal journal(plan_, options(true));
  EXPECT_THAT(saved(journal), ElementsAre(0, 1));
  ASSERT_EQ(journal.notes().size(), 6U);
  EXPECT_THAT(journal.notes()[3], HasSubstr("expected a whole number, found 1e+300"));
  EXPECT_THAT(journal.notes()[0], AllOf(HasSubstr("out/items.jsonl:2: this line is not a record of an item")));
}

TEST_F(JournalTest, BelievesNoRecordThatLeavesTheFolder) {
  write("secret", "pixels");
  save_items({0}, options());
  std::string text = text_of("out/items.jsonl");
  write("secret", "item 0");
  text.replace(text.find("0.png"), 5, "../secret");
  write("out/items.jsonl", text);
  EXPECT_THAT(saved(Journal(plan_, options(true))), IsEmpty());
}

TEST_F(JournalTest, LeavesOutWhatIsNotOnTheDisk) {
  {
    Journal journal(plan_, options());
    Script script(journal, plan_);
    script.item_finished(0, 1, 0, {{"save", "gone.png", 10}}, {"save", "frame"});
  }
  EXPECT_EQ(lines()[0].at("units"), Json::parse(R"([{"node":"frame","outputs":[]}])"));
}

TEST_F(JournalTest, RefusesAFolderThatHoldsARun) {
  save_items({0}, options());
  EXPECT_EQ(refusal(options()),
            "'DIR/out' holds a run already (go on with it by --resume, forget it by --overwrite, or choose another "
            "--output-dir)");
}

TEST_F(JournalTest, AsksNothingAboutARunThatFinishedNoItem) {
  { const Journal journal(plan_, options()); }
  const graph::Plan other = sample::make_plan(2);
  const Journal journal(other, options());
  EXPECT_EQ(Json::parse(text_of("out/run.json")).at("items"), 2);
}

TEST_F(JournalTest, OverwriteForgetsTheRun) {
  whole_run(options());
  const graph::Plan other = sample::make_plan(2);
  {
    const Journal journal(other, options(false, true));
    EXPECT_EQ(text_of("out/items.jsonl"), "");
    EXPECT_EQ(Json::parse(text_of("out/run.json")).at("items"), 2);
    EXPECT_FALSE(journal.whole(node("save"), 0));
  }
  EXPECT_TRUE(exists("out/0.png")) << "pictures stay until they are written again";
}

TEST_F(JournalTest, ResumesIntoAnEmptyFolder) {
  save_items({0}, options(true));
  EXPECT_EQ(lines().size(), 1U);
}

TEST_F(JournalTest, NamesWhatDiffersFromTheRunToBeResumed) {
  JournalOptions was = options();
  was.overrides = {{"save", "level", "9"}};
  was.extra = {{"model", "abc"}};
  save_items({0}, was);
  const auto refused = [&](const graph::Plan& plan, const JournalOptions& how) { return refusal(plan, how); };
  const auto message = [](const std::string& differences) {
    return "cannot resume the run in 'DIR/out', it is another one: " + differences +
           " (give the same graph and params, or choose another --output-dir)";
  };
  JournalOptions now = was;
  now.resume = true;
  EXPECT_EQ(refused(plan_, now), "not refused");
  EXPECT_EQ(refused(sample::make_plan(6, 2), now), message("param seed was 0, 1, 2, 3, is 0, 1, 2, …, 5 (6 values)"));
  EXPECT_EQ(refused(sample::make_plan(4, 1), now), message("param level was 0, 1, is 0"));
  EXPECT_EQ(refused(sample::make_plan(4, 2, sample::make_graph("sample", "graph: sample # edited\n")), now),
            message("graph file 'sample.yaml' has changed"));
  EXPECT_THAT(refused(sample::make_plan(4, 2, sample::make_graph("other")), now),
              HasSubstr("the graph was sample, is other"));
  now.overrides = {{"save", "level", "8"}};
  EXPECT_EQ(refused(plan_, now), message("--set save.level was 9, is 8"));
  now.overrides = {};
  now.extra = {{"model", "abd"}};
  EXPECT_EQ(refused(plan_, now), message("--set save.level was 9, is not there any more; model was abc, is abd"));
}

TEST_F(JournalTest, NotesAnotherVersionOfTheProgram) {
  save_items({0}, options());
  JournalOptions now = options(true);
  now.version = "1.1";
  now.plugins = {"more.so"};
  const Journal journal(plan_, now);
  EXPECT_THAT(journal.notes(),
              ElementsAre("the run was begun by version 1.0 and goes on with 1.1: its files may differ in more than "
                          "their params",
                          "the run was begun with other plugins: none; now: more.so"));
}

TEST_F(JournalTest, RefusesARecordOfTheRunThatCannotBeRead) {
  save_items({0}, options());
  write("out/run.json", "{\"graph\":");
  EXPECT_THAT(refusal(options(true)),
              AllOf(HasSubstr("cannot resume the run: 'DIR/out/run.json' cannot be read: it is not a record of a run"),
                    HasSubstr("(start again with --overwrite, or in another --output-dir)")));
  write("out/run.json", "[]");
  EXPECT_THAT(refusal(options(true)), HasSubstr("it is not a record of a run"));
  std::filesystem::remove(path("out/run.json"));
  EXPECT_EQ(refusal(options(true)),
            "cannot resume the run in 'DIR/out': its run.json is missing (start again with --overwrite, or in another "
            "--output-dir)");
  EXPECT_EQ(refusal(options(false, true)), "not refused");
}

TEST_F(JournalTest, KeepsAnotherProcessOut) {
  const Journal journal(plan_, options());
  // A lock is of the open file, so that a second journal in this process meets it as another process would.
  const std::string busy =
      "another process is writing 'DIR/out/items.jsonl' (wait for its end or stop it, or choose another --output-dir)";
  EXPECT_EQ(refusal(options()), busy);
  EXPECT_EQ(refusal(options(true)), busy);
  EXPECT_EQ(refusal(options(false, true)), busy);
  EXPECT_EQ(refusal(shard(0, 2)), busy) << "part of another division of the run";
}

TEST_F(JournalTest, WelcomesTheOtherShards) {
  const Journal first(plan_, shard(0, 2));
  EXPECT_EQ(refusal(shard(1, 2)), "not refused");
  EXPECT_THAT(refusal(shard(0, 2)), HasSubstr("another process is writing 'DIR/out/items-1-of-2.jsonl'"));
  EXPECT_THAT(refusal(shard(1, 3)), HasSubstr("another process is writing 'DIR/out/items-1-of-2.jsonl'"));
  EXPECT_THAT(refusal(sample::make_plan(2, 2), shard(1, 2)),
              HasSubstr("cannot join the run in 'DIR/out', it is another one: param seed was"));
}

TEST_F(JournalTest, JoinsShardsIntoAWholeRun) {
  save_items({0, 2, 4, 6}, shard(0, 2));
  EXPECT_THAT(refusal(shard(0, 2)), HasSubstr("holds a run already")) << "this part is there";
  save_items({1, 3, 5}, shard(1, 2));
  EXPECT_THAT(refusal(options()), HasSubstr("holds a run already"));
  const Journal journal(plan_, options(true));
  EXPECT_THAT(saved(journal), ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST_F(JournalTest, GathersOverShardsInALastRun) {
  save_items({0, 2, 4, 6}, shard(0, 2));
  save_items({1, 3, 5, 7}, shard(1, 2));
  {
    Journal journal(plan_, options(true));
    EXPECT_FALSE(whole(journal, "sheet", 0));
    Script script(journal, plan_);
    // Level changes nothing in what is gathered: the engine may leave the odd items out.
    for (const int item : {0, 2, 4}) script.item_finished(item, 1);
    script.item_finished(6, 1, 0, {wrote("sheet", "sheet.png")}, {"sheet"});
  }
  EXPECT_TRUE(whole(Journal(plan_, options(true)), "sheet", 0));
}

TEST_F(JournalTest, AShardOverwritesItsOwnPartAlone) {
  save_items({0, 2}, shard(0, 2));
  save_items({1, 3}, shard(1, 2));
  { const Journal journal(plan_, shard(0, 2, false, true)); }
  EXPECT_THAT(saved(Journal(plan_, shard(0, 2, true))), ElementsAre(1, 3));
}

TEST_F(JournalTest, RemovesWhatACrashLeft) {
  save_items({0}, options());
  write("out/deep/.1.png.123456.part", "half");
  write("out/.hidden", "the user's");
  write("out/note.part", "the user's");
  { const Journal journal(plan_, options(true)); }
  EXPECT_FALSE(exists("out/deep/.1.png.123456.part"));
  EXPECT_TRUE(exists("out/.hidden"));
  EXPECT_TRUE(exists("out/note.part"));
}

TEST_F(JournalTest, LeavesTemporaryFilesToAShardThatRuns) {
  const Journal first(plan_, shard(0, 2));
  write("out/.1.png.123456.part", "half");
  const Journal second(plan_, shard(1, 2));
  EXPECT_TRUE(exists("out/.1.png.123456.part"));
}

TEST_F(JournalTest, RemovesNothingFromAFolderThatHoldsNoRun) {
  write("out/.1.png.123456.part", "somebody's");
  const Journal journal(plan_, options());
  EXPECT_TRUE(exists("out/.1.png.123456.part"));
}

TEST_F(JournalTest, RefusesAFolderThatCannotBe) {
  write("file", "");
  JournalOptions how = options();
  how.folder = path("file");
  EXPECT_EQ(refusal(how), "cannot make the output folder 'DIR/file': Not a directory");
  how.folder = path("file/below");
  EXPECT_EQ(refusal(how), "cannot make the output folder 'DIR/file/below': Not a directory");
  how.folder = "/proc/decoupage";
  EXPECT_THAT(refusal(how), HasSubstr("cannot make the output folder '/proc/decoupage': "));
}

/// A limit on the size of files, while it lives: writing meets an end as on a full disk.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(JournalTest, AFullDiskEndsTheRun) {
  graph::StopSignal stop;
  JournalOptions how = options();
  how.stop = &stop;
  {
    Journal journal(plan_, how);
    save_item(journal, 0);
    Script script(journal, plan_);
    const FileLimit limit(text_of("out/items.jsonl").size() + 10);
    EXPECT_THROW(script.item_finished(1, 1, 0, {}, {"save"}), std::runtime_error);
    EXPECT_EQ(stop.level, 1);
  }
  // The half line of it does no harm.
  EXPECT_THAT(saved(Journal(plan_, options(true))), ElementsAre(0));
}

TEST_F(JournalTest, AFullDiskIsFoundBeforeTheRun) {
  const FileLimit limit(20);
  EXPECT_THAT(refusal(options()), HasSubstr("cannot write 'DIR/out/run.json': "));
  EXPECT_TRUE(std::filesystem::is_empty(path("out"))) << "nothing half-written stays";
}

TEST_F(JournalTest, TheBusTellsTheRunOfARecordThatWasNotWritten) {
  graph::Bus bus;
  Journal journal(plan_, options());
  bus.attach(journal);
  const FileLimit limit(10);
  bus.post(Script::made(Event::kItemFinished, 1, 0, 0));
  EXPECT_THROW(bus.flush(), std::runtime_error);
}

using OutputDirTest = FolderTest;

TEST_F(OutputDirTest, ClaimsTheNextNumber) {
  EXPECT_EQ(default_output_dir("papers", path("outputs")), path("outputs/papers-0001"));
  EXPECT_EQ(default_output_dir("papers", path("outputs")), path("outputs/papers-0002"));
  std::filesystem::create_directory(path("outputs/papers-0041"));
  std::filesystem::create_directory(path("outputs/papers-more-0077"));
  std::filesystem::remove(path("outputs/papers-0001"));
  EXPECT_EQ(default_output_dir("papers", path("outputs")), path("outputs/papers-0042"));
  EXPECT_TRUE(exists("outputs/papers-0042"));
  EXPECT_EQ(default_output_dir("pap", path("outputs")), path("outputs/pap-0001"));
}

TEST_F(OutputDirTest, MakesAFolderNameOfAnyGraphName) {
  EXPECT_EQ(default_output_dir("../a b", path("o")), path("o/-.-a-b-0001"));
  EXPECT_EQ(default_output_dir("", path("o")), path("o/run-0001"));
  EXPECT_EQ(default_output_dir("café", path("o")), path("o/café-0001"));
  EXPECT_EQ(default_output_dir(std::string(99, 'x') + "é", path("o")), path("o/" + std::string(99, 'x') + "-0001"));
}

TEST_F(OutputDirTest, FindsTheLastRun) {
  EXPECT_EQ(last_output_dir("papers", path("outputs")), std::nullopt);
  write("outputs/papers-0009/run.json", "{}");
  write("outputs/papers-0010/run.json", "{}");
  std::filesystem::create_directory(path("outputs/papers-0011"));
  EXPECT_EQ(last_output_dir("papers", path("outputs")), path("outputs/papers-0010"));
}

TEST_F(OutputDirTest, SaysWhyItCannot) {
  write("outputs", "a file");
  EXPECT_THROW(default_output_dir("papers", path("outputs")), std::runtime_error);
}

}  // namespace
}  // namespace observers
