// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "imaging/files/png.h"
#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kWithBin = R"(graph: with-bin
params:
  prompt: {type: string, default: "a cat"}
  negative_prompt: {type: string, default: ""}
  seed: {type: int, default: 0}
  steps: {type: int, default: 3}
  unused_in_a: {type: int, default: 8}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 16, height: 12, style: noise}
  part:  {include: parts/part.yaml, size: 9, in: {image: noise.image}}
  grow:
    type: loop
    steps: $steps
    state: {image: part.image}
    nodes:
      step: {type: resize, width: 10, height: 10, in: {image: state.image}}
    next: {image: step.image}
    out: {image: step.image}
  a: {type: save-image, path: "a-{seed}-{item}-{prompt}-{negative_prompt}.png", in: {image: grow.image}}
  wide: {type: resize, width: $unused_in_a, height: 8, in: {image: grow.image}}
  b: {type: save-image, path: "b-{seed}-{unused_in_a}.png", in: {image: wide.image}}
)";

constexpr const char* kSizedPart = R"(graph: part
params: {size: {type: int, default: 8}}
in: {image: image}
nodes:
  small: {type: resize, width: $size, height: $size, in: {image: in.image}}
out: {image: small.image}
)";

constexpr const char* kPapers = R"(graph: papers
params:
  seed:   {type: int, default: 0}
  papers: {type: data, default: [{style: painted}, {style: plain}]}
  unused: {type: int, default: 0, unused: true}
nodes:
  styles: {type: column, records: $papers, name: style}
  drawn:
    type: each
    over: {style: styles.values}
    nodes:
      paper: {type: draw-noise, width: 8, height: 8, seed: $seed, in: {style: each.style}}
    out: {image: paper.image}
  grid: {type: image-grid, columns: 2, cell: 16, in: {images: drawn.image}}
  save: {type: save-image, path: "{seed}.png", in: {image: grid.image}}
)";

class Recipe : public testing::Test {
 protected:
  Recipe() {
    folder_.write("dots.yaml", kDots);
    folder_.write("sheet.yaml", kSheet);
    folder_.write("graphs/bin.yaml", kWithBin);
    folder_.write("graphs/parts/part.yaml", kSizedPart);
  }

  Result call(const std::vector<std::string>& words) { return decoupage(words, {folder_.path()}); }

  /// Makes every picture of "out" again, in a folder where no graph file is, and compares the bytes.
  void expect_same_again() {
    const auto made = folder_.outputs("out");
    ASSERT_FALSE(made.empty());
    fs::rename(folder_ / "out", folder_ / "moved");
    fs::remove_all(folder_ / "graphs");
    int n = 0;
    for (const auto& [name, bytes] : made) {
      const std::string again = "again" + std::to_string(n++);
      const Result result = call({"rerun", "moved/" + name, "--output-dir", again});
      EXPECT_EQ(result.code, 0) << result.err;
      EXPECT_EQ(result.out, again + "/" + name + "\n");
      EXPECT_EQ(difference(folder_.outputs(again), {{name, bytes}}), "");
    }
  }

  json recipe(const std::string& picture) { return json::parse(call({"metadata", picture, "--json"}).out); }

  Folder folder_;
};

TEST_F(Recipe, MakesEveryPictureOfASweepAgain) {
  const Result result = call({"run", "graphs/bin.yaml", "--seed", "3..4", "--prompt", "x, y", "--sweep",
                              "unused_in_a=8,11", "--set", "grow.step.width=7", "--output-dir", "out", "--quiet"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(folder_.outputs("out").size(), 6u);
  expect_same_again();
}

TEST_F(Recipe, MakesASheetOfManyAgain) {
  EXPECT_EQ(call({"run", "sheet.yaml", "--seed", "0..4", "--output-dir", "out", "--quiet"}).code, 0);
  expect_same_again();
}

TEST_F(Recipe, MakesASheetPerValueAgain) {
  std::string graph = kSheet;
  graph.replace(graph.find("cell: 16"), 8, "cell: 16, per: [width]");
  graph.replace(graph.find("\"sheet.png\""), 11, "\"sheet-{width}.png\"");
  graph.replace(graph.find("{seed:04}"), 9, "{seed:04}-{width}");
  folder_.write("sheet.yaml", graph);
  const Result result =
      call({"run", "sheet.yaml", "--seed", "0..2", "--sweep", "width=8,20", "--output-dir", "out", "--quiet"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(folder_.outputs("out").size(), 8u);
  expect_same_again();
}

TEST_F(Recipe, KeepsOnlyWhatThePictureDependsOn) {
  EXPECT_EQ(
      call({"run", "graphs/bin.yaml", "--seed", "3,4", "--sweep", "unused_in_a=8,11", "--output-dir", "out"}).code, 0);
  EXPECT_EQ(recipe("out/a-3-0-a_cat-_.png")["params"], json({{"seed", 3}}));
  EXPECT_EQ(recipe("out/b-4-11.png")["params"], json({{"seed", 4}, {"unused_in_a", 11}}));
}

TEST_F(Recipe, HoldsEveryFile) {
  EXPECT_EQ(call({"run", "graphs/bin.yaml", "--output-dir", "out"}).code, 0);
  const json json = recipe("out/b-0-8.png");
  ASSERT_EQ(json["files"].size(), 2u);
  EXPECT_EQ(json["files"][0]["text"], kWithBin);
  EXPECT_TRUE(fs::path(json["files"][0]["path"].get<std::string>()).is_absolute());
  EXPECT_EQ(json["files"][1]["text"], kSizedPart);
  EXPECT_EQ(json["node"], "b");
  EXPECT_EQ(call({"metadata", "out/b-0-8.png", "--graph"}).out, kWithBin);
}

TEST_F(Recipe, HandsBackWhatWasPicked) {
  folder_.write("picked.yaml", kPicked);
  folder_.write("colours.txt", kColours);
  const Result result = call({"run", "picked.yaml", "--seed", "0..2", "--sweep", "late=8,9", "--colours",
                              folder_ / "colours.txt", "--output-dir", "out", "--quiet"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json picks = recipe("out/1-9.png")["picks"];
  ASSERT_EQ(picks.size(), 4u) << picks;  // of the seed, and of each turn
  EXPECT_EQ(picks[0]["node"], "colour");
  EXPECT_EQ(picks[3]["turns"], json({2}));
  EXPECT_EQ(recipe("out/sheet.png")["picks"].size(), 6u * 4);
  EXPECT_THAT(call({"metadata", "out/1-9.png"}).out,
              HasSubstr("pick:    grow.other.text (turn 2) = " + picks[3]["picked"][0].get<std::string>()));
  folder_.write("colours.txt", "teal\n");  // what there is to pick from now
  const auto made = folder_.outputs("out");
  int n = 0;
  for (const auto& [name, bytes] : made) {
    const std::string again = "again" + std::to_string(n++);
    const Result rerun = call({"rerun", "out/" + name, "--output-dir", again, "--allow-read", folder_ / "colours.txt"});
    EXPECT_EQ(rerun.code, 0) << rerun.err;
    EXPECT_EQ(difference(folder_.outputs(again), {{name, bytes}}), "");
  }
}

TEST_F(Recipe, PicksAnewWhereWhatItDependsOnIsGiven) {
  folder_.write("picked.yaml", kPicked);
  folder_.write("colours.txt", kColours);
  const std::string colours = folder_ / "colours.txt";
  EXPECT_EQ(call({"run", "picked.yaml", "--colours", colours, "--output-dir", "out", "--quiet"}).code, 0);
  const json picked = recipe("out/0-8.png")["picks"];
  folder_.write("colours.txt", "teal\n");
  const auto again = [&](const std::vector<std::string>& more, const std::string& picture) {
    std::vector<std::string> words{"rerun", "out/0-8.png",  "--overwrite", "--output-dir",
                                   "again", "--allow-read", colours};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(call(words).code, 0);
    return recipe("again/" + picture)["picks"];
  };
  const json later = again({"--late", "9"}, "0-9.png");
  EXPECT_EQ(later[0], picked[0]);
  EXPECT_EQ(later[1]["picked"], json({"teal"}));  // a loop depends on all that is in it
  const json seeded = again({"--seed", "5"}, "5-8.png");
  EXPECT_EQ(seeded[0]["picked"], json({"teal"}));
  EXPECT_EQ(seeded[1]["picked"], json({"teal"}));  // and on what it begins with
}

TEST_F(Recipe, PicksTheSameInShardsInAResumedRunAndOnAllLanes) {
  folder_.write("picked.yaml", kPicked);
  folder_.write("colours.txt", kColours);
  const auto run = [&](const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> words{"run",      "picked.yaml", "--seed",       "0..3", "--sweep",
                                   "late=8,9", "--quiet",     "--output-dir", out};
    words.insert(words.end(), more.begin(), more.end());
    const Result result = call(words);
    EXPECT_EQ(result.code, 0) << result.err;
  };
  run("whole", {"--lanes", "1"});
  run("lanes", {"--lanes", "4"});
  for (const char* shard : {"1/3", "2/3", "3/3"}) run("shards", {"--shard", shard});
  EXPECT_EQ(call({"merge", "shards", "--quiet"}).code, 0);
  run("resumed", {});
  fs::remove(folder_ / "resumed/2-9.png");
  fs::remove(folder_ / "resumed/sheet.png");
  run("resumed", {"--resume"});
  const auto whole = folder_.outputs("whole");
  for (const char* other : {"lanes", "resumed"}) EXPECT_EQ(difference(folder_.outputs(other), whole), "") << other;
  auto merged = folder_.outputs("shards");
  EXPECT_EQ(recipe("shards/sheet.png"), recipe("whole/sheet.png"));
  merged["sheet.png"] = whole.at("sheet.png");  // of pictures that were rounded
  EXPECT_EQ(difference(merged, whole), "");
}

TEST_F(Recipe, IsTheSameWhateverTheLanes) {
  EXPECT_EQ(call({"run", "dots.yaml", "--seed", "0..4", "--lanes", "1", "--output-dir", "a"}).code, 0);
  EXPECT_EQ(call({"run", "dots.yaml", "--seed", "0..4", "--lanes", "4", "--output-dir", "b"}).code, 0);
  EXPECT_EQ(difference(folder_.outputs("a"), folder_.outputs("b")), "");
}

TEST_F(Recipe, TakesOtherParams) {
  EXPECT_EQ(call({"run", "dots.yaml", "--seed", "3", "--output-dir", "out"}).code, 0);
  EXPECT_EQ(call({"run", "dots.yaml", "--seed", "4", "--output-dir", "four"}).code, 0);
  const std::string picture = "out/3-1-false-a_cat-noise.png";
  const Result other = call({"rerun", picture, "--seed", "4", "--output-dir", "again"});
  EXPECT_EQ(other.code, 0);
  EXPECT_THAT(other.err, testing::StartsWith(picture + ": differs from the recipe\n  seed 4 (was 3)\n"));
  EXPECT_EQ(difference(folder_.outputs("again"), folder_.outputs("four")), "");
  const Result typo = call({"rerun", picture, "--sed", "4"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_THAT(typo.err, HasSubstr("did you mean '--seed'?"));
}

TEST_F(Recipe, SaysWhatAVariationHasThatThePictureHadNot) {
  folder_.write("papers.yaml", kPapers);
  EXPECT_EQ(call({"run", "papers.yaml", "--output-dir", "out", "--unused", "3"}).code, 0);
  const Result same = call({"rerun", "out/0.png", "--papers[0].style", "painted", "--output-dir", "same"});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.err, testing::StartsWith("out/0.png: nothing differs from the recipe\n"));
  const Result other = call(
      {"rerun", "out/0.png", "--papers[1].style", "marbled", "--unused", "4", "--seed", "1", "--output-dir", "new"});
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_THAT(other.err, testing::StartsWith("out/0.png: differs from the recipe\n  seed 1 (was 0)\n"
                                             "  papers[1].style marbled (was plain)\n"
                                             "  unused 4 (was 0): the picture does not depend on it\n"));
  const json papers = json::parse(recipe("new/1.png")["params"]["papers"].get<std::string>());
  EXPECT_EQ(papers, json::parse(R"([{"style": "painted"}, {"style": "marbled"}])"));
}

TEST_F(Recipe, DoesNotWriteIntoARun) {
  EXPECT_EQ(call({"run", "dots.yaml", "--output-dir", "out"}).code, 0);
  const Result result = call({"rerun", "out/0-1-false-a_cat-noise.png", "--output-dir", "out"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("'out' holds a run"));
}

TEST_F(Recipe, TellsWebuiTheParameters) {
  EXPECT_EQ(call({"run", "graphs/bin.yaml", "--seed", "3", "--prompt", "a cat, sitting", "--negative-prompt", "dogs",
                  "--output-dir", "out"})
                .code,
            0);
  std::string found;
  for (const imaging::PngText& text : imaging::read_png_texts(folder_ / "out/a-3-0-a_cat_sitting-dogs.png")) {
    if (text.keyword == "parameters") found = text.text;
  }
  EXPECT_THAT(found, testing::StartsWith("a cat, sitting\nNegative prompt: dogs\nSteps: 3, Seed: 3, Size: 10x10, "
                                         "Version: decoupage "));
}

// The size is the picture's, and the sampler has the name that auto comes to.
TEST_F(Recipe, TellsWebuiWhatWasMade) {
  const std::string configs = std::string(SOURCE_DIR) + "/configs/";
  const std::string cat = std::string(SOURCE_DIR) + "/assets/papers/photo-00-cat.jpg";
  EXPECT_EQ(call({"run", configs + "img2img.yaml", "--image", cat, "--width", "64", "--steps", "2", "--karras", "true",
                  "--output-dir", "out", "--quiet"})
                .code,
            0);
  EXPECT_THAT(
      call({"metadata", "out/0000-0000.png"}).out,
      HasSubstr("\na cute cat\nNegative prompt: \nSteps: 2, Sampler: Euler, Schedule type: Karras, CFG scale: 6.5, "
                "Seed: 0, Size: 64x40, Model: embedded, Denoising strength: 0.6, image: photo-00-cat.jpg, "
                "prompt_syntax: webui, Version: decoupage "));
}

TEST_F(Recipe, OfJpegAndWebpMakeThemAgain) {
  std::string graph = kDots;
  for (const char* ending : {"jpg", "webp"}) {
    folder_.write("dots.yaml", std::string(graph).replace(graph.find(".png"), 4, std::string(".") + ending));
    EXPECT_EQ(call({"run", "dots.yaml", "--seed", "3..4", "--output-dir", "out", "--quiet"}).code, 0);
    const std::string picture = "out/" + folder_.outputs("out").begin()->first;
    const Result told = call({"metadata", picture});
    EXPECT_EQ(told.code, 0) << told.err;
    EXPECT_THAT(told.out,
                AllOf(HasSubstr("made by decoupage "), HasSubstr("param:   seed = 3"), HasSubstr("Seed: 3, Size: ")));
    expect_same_again();
    for (const char* folder : {"out", "moved", "again0", "again1"}) fs::remove_all(folder_ / folder);
  }
}

TEST_F(Recipe, IsPrintedForPeople) {
  EXPECT_EQ(call({"run", "dots.yaml", "--seed", "3", "--output-dir", "out"}).code, 0);
  const Result result = call({"metadata", "out/3-1-false-a_cat-noise.png"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("made by decoupage "), HasSubstr("node:    save, item 0"),
                                HasSubstr("dots.yaml ("), HasSubstr("param:   seed = 3"), HasSubstr("Seed: 3")));
}

TEST_F(Recipe, OfAStrangerDoesNotSteerTheTerminal) {
  ASSERT_EQ(call({"run", "graphs/bin.yaml", "--prompt", "a \x1b[2Jcat", "--output-dir", "out"}).code, 0);
  const std::string picture = folder_.outputs("out").begin()->first;  // a-…
  const Result result = call({"metadata", "out/" + picture});
  EXPECT_THAT(result.out, AllOf(HasSubstr("param:   prompt = a  [2Jcat"), testing::Not(HasSubstr("\x1b"))));
  EXPECT_EQ(recipe("out/" + picture)["params"]["prompt"], "a \x1b[2Jcat");
}

TEST_F(Recipe, OfOtherPicturesIsNotThere) {
  const std::vector<std::byte> png = imaging::encode_png(cv::Mat::zeros(4, 4, CV_8UC3), {{"Title", "x"}});
  folder_.write("plain.png", {reinterpret_cast<const char*>(png.data()), png.size()});
  folder_.write("text.png", "this is not a picture");
  const std::vector<std::byte> odd =
      imaging::encode_png(cv::Mat::zeros(4, 4, CV_8UC3), {{"decoupage", "{\"item\": 3"}});
  folder_.write("odd.png", {reinterpret_cast<const char*>(odd.data()), odd.size()});
  std::string nested = "{\"params\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  const std::vector<std::byte> deep =
      imaging::encode_png(cv::Mat::zeros(4, 4, CV_8UC3), {{"decoupage", std::move(nested)}});
  folder_.write("deep.png", {reinterpret_cast<const char*>(deep.data()), deep.size()});
  for (const char* command : {"rerun", "metadata"}) {
    EXPECT_THAT(call({command, "deep.png"}).err,
                HasSubstr("it is nested deeper than 64 (--max json-depth=N sets another limit)"));
    const Result plain = call({command, "plain.png"});
    EXPECT_EQ(plain.code, 2);
    EXPECT_THAT(plain.err, AllOf(HasSubstr("plain.png: no recipe"), HasSubstr("(it has: Title)")));
    EXPECT_EQ(call({command, "text.png"}).code, 2);
    EXPECT_EQ(call({command, "nowhere.png"}).code, 2);
    EXPECT_EQ(call({command}).code, 2);
    const Result broken = call({command, "odd.png"});
    EXPECT_EQ(broken.code, 2);
    EXPECT_THAT(broken.err, HasSubstr("odd.png: the recipe cannot be read"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "outputs"));
}

}  // namespace
}  // namespace testing_cli
