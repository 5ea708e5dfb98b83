// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Run : public testing::Test {
 protected:
  Run() {
    folder_.write("dots.yaml", kDots);
    folder_.write("sheet.yaml", kSheet);
    folder_.write("missing.yaml", kMissing);
  }

  Result run(std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    return decoupage(words, {folder_.path()});
  }

  Folder folder_;
};

TEST_F(Run, EndsWithATableAndThePlaceOfTheFiles) {
  const Result result = run({"sheet.yaml", "--seed", "0..5", "--output-dir", "out"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("noise"), HasSubstr("sheet"), HasSubstr("files: out\n")));
  EXPECT_EQ(folder_.outputs("out").size(), 7u);
}

TEST_F(Run, ProfileTellsTheOperatorsOfTheHottestNode) {
  folder_.write("noise.yaml", R"(
graph: noise
params: {seed: {type: int, default: 0}}
nodes:
  schedule: {type: schedule, model: embedded, steps: 2}
  noise: {type: noise, seed: $seed, model: embedded, width: 192, height: 192, in: {schedule: schedule.schedule}}
  image: {type: vae-decode, model: embedded, in: {latents: noise.latents}}
  save: {type: save-image, in: {image: image.image}}
)");
  const Result result = run({"noise.yaml", "--seed", "0..3", "--profile", "--output-dir", "out"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("queueing"), HasSubstr("operators of 'image', which computed most"),
                                HasSubstr("aten::"), HasSubstr("outside of operators")));
  EXPECT_THAT(run({"noise.yaml", "--overwrite", "--output-dir", "out"}).out, Not(HasSubstr("operators of")));
  const Result lines = run({"noise.yaml", "--profile", "--json", "--overwrite", "--output-dir", "out"});
  const std::string last = lines.out.substr(lines.out.rfind('\n', lines.out.size() - 2) + 1);
  const json report = json::parse(last);
  EXPECT_EQ(report.at("hottest"), "image");
  EXPECT_GT(report.at("operators").size(), 3u);
}

TEST_F(Run, AMemoryBudgetLowersTheLanes) {
  const Result low = run({"sheet.yaml", "--seed", "0..5", "--lanes", "4", "--memory", "1M", "--output-dir", "low"});
  EXPECT_EQ(low.code, 0) << low.err;
  EXPECT_THAT(low.out, HasSubstr("on 1 of 4 lanes (the memory budget)"));
  EXPECT_THAT(low.err, HasSubstr("the memory budget of 1 MiB allows 1 of 4 lanes"));
  EXPECT_EQ(run({"sheet.yaml", "--seed", "0..5", "--lanes", "2", "--output-dir", "all"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("low"), folder_.outputs("all")), "");
  EXPECT_EQ(run({"dots.yaml", "--memory", "75%", "--quiet"}).code, 0);
  for (const char* wrong : {"8X", "0", "-1G", "101%", "much", "8GB"}) {
    const Result result = run({"dots.yaml", std::string("--memory=") + wrong});
    EXPECT_EQ(result.code, 2) << wrong;
    EXPECT_THAT(result.err, HasSubstr("expected a size such as 8G, 500M or 75%")) << wrong;
  }
}

TEST_F(Run, GoesToTheNextFreeFolder) {
  EXPECT_EQ(run({"dots.yaml", "--quiet"}).code, 0);
  EXPECT_EQ(run({"dots.yaml", "--quiet"}).code, 0);
  EXPECT_EQ(folder_.outputs("outputs/dots-0001").size(), 1u);
  EXPECT_EQ(folder_.outputs("outputs/dots-0002").size(), 1u);
}

TEST_F(Run, DoesNotTouchAFolderThatHoldsARun) {
  EXPECT_EQ(run({"dots.yaml", "--output-dir", "out"}).code, 0);
  const auto before = folder_.outputs("out");
  const Result again = run({"dots.yaml", "--seed", "3", "--output-dir", "out"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, AllOf(HasSubstr("out"), HasSubstr("--resume"), HasSubstr("--overwrite")));
  EXPECT_EQ(difference(folder_.outputs("out"), before), "");
  EXPECT_EQ(run({"dots.yaml", "--seed", "3", "--output-dir", "out", "--overwrite"}).code, 0);
}

TEST_F(Run, OfWhichAnItemFailsFinishesTheOthersAndSaysWhich) {
  EXPECT_EQ(run({"sheet.yaml", "--seed", "0,2", "--output-dir", "made"}).code, 0);
  const Result result = run({"missing.yaml", "--seed", "0..2", "--output-dir", "out"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.err + result.out, AllOf(HasSubstr("load"), HasSubstr("made/pictures/0001.png")));
  EXPECT_EQ(folder_.outputs("out").size(), 2u);
}

TEST_F(Run, QuietPrintsNothingWhenAllIsWell) {
  const Result result = run({"dots.yaml", "--quiet", "--output-dir", "out"});
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
}

TEST_F(Run, VerboseTellsWhatTheEngineDoes) {
  const Result result = run({"dots.yaml", "--verbose", "--output-dir", "out"});
  EXPECT_THAT(result.err, HasSubstr("debug: node 'save' (save-image) opened in "));
  EXPECT_THAT(run({"dots.yaml", "--output-dir", "again"}).err, Not(HasSubstr("debug")));
}

TEST_F(Run, JsonPrintsALineForEachEvent) {
  const Result result = run({"dots.yaml", "--seed", "0..3", "--json", "--output-dir", "out"});
  EXPECT_EQ(result.code, 0) << result.err;
  std::istringstream lines(result.out);
  std::map<std::string, int> events;
  for (std::string line; std::getline(lines, line);) ++events[json::parse(line).at("event").get<std::string>()];
  EXPECT_EQ(events["item_finished"], 4) << result.out;
  EXPECT_EQ(events["report"], 1);
}

TEST_F(Run, WritesATrace) {
  EXPECT_EQ(run({"dots.yaml", "--seed", "0..3", "--trace", "trace.json", "--output-dir", "out"}).code, 0);
  const std::string picture = "own/2-1-false-a_cat-noise.png";
  const Result both = run({"dots.yaml", "--seed", "2", "--trace", picture, "--output-dir", "own"});
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.out, testing::HasSubstr("is the name of the run's trace, too: give one of them another"));
  const json trace = json::parse(folder_.read("trace.json"));
  EXPECT_GT(trace.size(), 8u);
}

TEST_F(Run, EngineOptionsDoNotChangeWhatComesOut) {
  const std::vector<std::string> words{"sheet.yaml", "--seed", "0..9", "--quiet", "--output-dir"};
  const auto with = [&](const std::string& folder, const std::vector<std::string>& more) {
    std::vector<std::string> all = words;
    all.push_back(folder);
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_EQ(run(all).code, 0);
    return folder_.outputs(folder);
  };
  const auto plain = with("a", {"--lanes", "1", "--threads", "1"});
  EXPECT_EQ(plain.size(), 11u);
  EXPECT_EQ(difference(with("b", {"--lanes", "8", "--threads", "4", "--limit", "io=1", "--max-batch", "2"}), plain),
            "");
}

TEST_F(Run, ShardsTogetherAreTheWholeRun) {
  const std::vector<std::string> words{"dots.yaml", "--seed", "0..10", "--quiet", "--output-dir"};
  const auto with = [&](const std::string& folder, const std::vector<std::string>& more) {
    std::vector<std::string> all = words;
    all.push_back(folder);
    all.insert(all.end(), more.begin(), more.end());
    const Result result = run(all);
    EXPECT_EQ(result.code, 0) << result.err;
    return folder_.outputs(folder);
  };
  const auto whole = with("whole", {});
  EXPECT_EQ(with("parts", {"--shard", "1/3"}).size(), 4u);
  EXPECT_EQ(with("parts", {"--shard", "2/3"}).size(), 8u);
  EXPECT_EQ(difference(with("parts", {"--shard", "3/3"}), whole), "");
  EXPECT_THAT(run({"dots.yaml", "--shard", "1/2"}).err, HasSubstr("--shard needs --output-dir"));
}

TEST_F(Run, ToANodeRunsWhatItNeedsAndNothingElse) {
  const auto written = [&](const std::string& to, const std::string& output) {
    const Result result = run({"sheet.yaml", "--seed", "0..2", "--to", to, "--quiet", "--output-dir", output});
    EXPECT_EQ(result.code, 0) << result.err;
    return folder_.outputs(output).size();
  };
  EXPECT_EQ(written("save", "saved"), 3u);
  EXPECT_EQ(written("show", "shown"), 1u);
  EXPECT_EQ(written("small", "small"), 0u);
  const Result wrong = run({"sheet.yaml", "--to", "sav"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--to sav: no such node (did you mean 'save'?)"));
}

TEST_F(Run, CheckPrintsPorts) {
  folder_.write("ports.yaml", R"(graph: ports
nodes:
  photos: {type: load-image, path: "*.png"}
  walk:
    type: each
    over: photos.images
    nodes:
      paper: {type: draw-noise, in: {seed: each.index}}
      either: {type: first, in: {any: [each.item, paper.image]}}
    out: {image: either.any}
)");
  const Result result = decoupage({"check", "--ports", "ports.yaml"}, {folder_.path()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("photos (load-image)\n  out image: image\n  out images: image[]\n"));
  EXPECT_THAT(result.out, HasSubstr("walk (each)\n  in  item: image[]  from photos.images\n  out image: image[]\n"));
  EXPECT_THAT(result.out, HasSubstr("walk.paper (draw-noise)\n  in  seed: int  from walk.each.index\n"));
  EXPECT_THAT(result.out, HasSubstr("  in  any: any  from walk.each.item, walk.paper.image\n  out any: image\n"));
  const json ports = json::parse(decoupage({"check", "--ports", "--json", "ports.yaml"}, {folder_.path()}).out);
  EXPECT_EQ(ports["graph"], "ports");
  EXPECT_EQ(ports["nodes"][1]["node"], "walk");
  EXPECT_EQ(ports["nodes"][1]["outputs"][0]["type"], "image[]");
  EXPECT_EQ(decoupage({"check", "--json", "ports.yaml"}, {folder_.path()}).code, 2);
}

TEST_F(Run, CheckTellsAllThatIsWrongInAllFiles) {
  EXPECT_THAT(decoupage({"check", "dots.yaml", "sheet.yaml"}, {folder_.path()}).out,
              HasSubstr("dots.yaml: ok: dots, 2 nodes, params: prompt, seed, scale, noisy, style\n"
                        "sheet.yaml: ok: sheet, 5 nodes, params: seed, width\n"));
  folder_.write("a.yaml", "graph: a\nnodes: {x: {type: resiz}}\n");
  folder_.write("b.yaml", "graph: b\nnodes: {x: {type: draw-noise, widht: 3}}\n");
  const Result result = decoupage({"check", "a.yaml", "dots.yaml", "b.yaml"}, {folder_.path()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("a.yaml:2:19: error: "), HasSubstr("did you mean 'resize'?"),
                                HasSubstr("b.yaml:2:31: error: "), HasSubstr("did you mean 'width'?")));
  EXPECT_THAT(result.out, HasSubstr("dots.yaml: ok"));
}

}  // namespace
}  // namespace testing_cli
