// SPDX-License-Identifier: MIT
// --tap: what ports send, as files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "imaging/files/picture.h"
#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Papers in an each, in a loop, with a bin around it.
constexpr const char* kTapped = R"(graph: tapped
params:
  seed: {type: int, default: 0}
nodes:
  paper: {type: draw-noise, seed: $seed, width: 8, height: 8, style: noise}
  numbers: {type: value, int: $seed, string: "a\nb"}
  same: {type: value, int: 3}
  turns:
    type: loop
    steps: 3
    state: {image: paper.image}
    nodes:
      walk:
        type: each
        times: 2
        nodes:
          place: {type: value, int: 7}
          small: {type: resize, width: 4, height: 4, in: {image: state.image}}
        out: {image: small.image}
      next: {type: stitch, in: {first: state.image, second: paper.image}}
    next: {image: next.image}
    out: {image: next.image}
    collect: {images: next.image}
  grid: {type: image-grid, cell: 16, in: {images: turns.images}}
  save: {type: save-image, path: "{seed}.png", in: {image: grid.image}}
)";

class Tap : public testing::Test {
 protected:
  Tap() {
    folder_.write("tapped.yaml", kTapped);
    folder_.write("dots.yaml", kDots);
    folder_.write("sheet.yaml", kSheet);
    folder_.write("bin.yaml", "graph: outer\nnodes:\n  part: {include: tapped.yaml}\n");
    folder_.write("noise.yaml", "graph: noise\nnodes:\n  noise: {type: noise, width: 64, height: 64}\n");
  }

  Result run(std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    return decoupage(words, {folder_.path()});
  }
  /// Names of what a run with these taps wrote into an empty folder, but for what the graph itself writes.
  std::vector<std::string> tapped(std::vector<std::string> words) {
    fs::remove_all(folder_ / "out");
    words.insert(words.end(), {"--quiet", "--output-dir", "out"});
    const Result result = run(words);
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs("out")) {
      if (name.find('-') != name.npos || name.find('.') != name.rfind('.')) names.push_back(name);
    }
    return names;
  }
  std::string refused(const std::string& tap, const std::string& graph = "tapped.yaml",
                      const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{graph, "--tap", tap, "--output-dir", "never"};
    words.insert(words.end(), more.begin(), more.end());
    const Result result = run(words);
    EXPECT_EQ(result.code, 2) << result.out;
    EXPECT_FALSE(fs::exists(folder_ / "never/items.jsonl"));
    return result.err;
  }

  Folder folder_;
};

TEST_F(Tap, WritesWhatAPortSendsByItsType) {
  EXPECT_THAT(tapped({"tapped.yaml", "--tap", "paper.image", "--tap", "numbers.int", "--tap", "numbers.string", "--tap",
                      "turns.image=turn.npz"}),
              ElementsAre("numbers.int.json", "numbers.string.json", "paper.image.png"));
  EXPECT_EQ(folder_.read("out/numbers.int.json"), "0\n");
  EXPECT_EQ(folder_.read("out/numbers.string.json"), "\"a\\nb\"\n");
  EXPECT_TRUE(fs::exists(folder_ / "out/turn.npz"));
  EXPECT_THAT(tapped({"tapped.yaml", "--tap", "paper.image", "--tap", "paper.image=p-{seed}.npz"}),
              ElementsAre("p-0.npz", "paper.image.png"));
}

TEST_F(Tap, WritesThePictureThatTheGraphSaves) {
  tapped({"dots.yaml", "--tap", "noise.image"});
  const auto pixels = [&](const std::string& name) {
    const std::string bytes = folder_.read("out/" + name);
    return imaging::decode_picture(std::as_bytes(std::span(bytes)), name);
  };
  EXPECT_EQ(cv::norm(pixels("noise.image.png"), pixels("0-1-false-a_cat-noise.png"), cv::NORM_INF), 0);
}

TEST_F(Tap, WritesTheLastTurnOrAll) {
  EXPECT_THAT(tapped({"tapped.yaml", "--tap", "turns.next.image"}), ElementsAre("turns.next.image.png"));
  const std::string last = folder_.read("out/turns.next.image.png");
  EXPECT_THAT(tapped({"tapped.yaml", "--tap", "turns.next.image@all"}),
              ElementsAre("turns.next.image-t0000.png", "turns.next.image-t0001.png", "turns.next.image-t0002.png"));
  EXPECT_EQ(folder_.read("out/turns.next.image-t0002.png"), last);
  EXPECT_NE(folder_.read("out/turns.next.image-t0000.png"), last);
}

TEST_F(Tap, WritesListsAndElements) {
  EXPECT_THAT(
      tapped({"tapped.yaml", "--tap", "turns.walk.small.image", "--tap", "turns.walk[1].small.image@all", "--tap",
              "turns.walk[0].small.image=zero.small.png", "--tap", "turns.images[2]", "--tap", "turns.walk.place.int"}),
      ElementsAre("turns.images-e02.png", "turns.walk.place.int.json", "turns.walk.small.image-e00.png",
                  "turns.walk.small.image-e01.png", "turns.walk.small.image-t0000-e01.png",
                  "turns.walk.small.image-t0001-e01.png", "turns.walk.small.image-t0002-e01.png", "zero.small.png"));
  EXPECT_EQ(json::parse(folder_.read("out/turns.walk.place.int.json")), json({7, 7}));
  EXPECT_EQ(folder_.read("out/zero.small.png"), folder_.read("out/turns.walk.small.image-e00.png"));
  EXPECT_THAT(tapped({"bin.yaml", "--tap", "part.turns.walk[1].place.int"}),
              ElementsAre("part.turns.walk.place.int-e01.json"));
  EXPECT_EQ(folder_.read("out/part.turns.walk.place.int-e01.json"), "7\n");
}

TEST_F(Tap, LeavesWhatTheGraphMakes) {
  tapped({"tapped.yaml"});
  const std::string plain = folder_.read("out/0.png");
  tapped({"tapped.yaml", "--tap", "turns.next.image", "--tap", "turns.walk.small.image@all"});
  EXPECT_EQ(folder_.read("out/0.png"), plain);
}

TEST_F(Tap, NamesItemsWhereTheyDiffer) {
  EXPECT_THAT(tapped({"tapped.yaml", "--seed", "4,5", "--tap", "paper.image", "--tap", "same.int"}),
              ElementsAre("paper.image-0000.png", "paper.image-0001.png", "same.int.json"));
  EXPECT_THAT(tapped({"tapped.yaml", "--seed", "4,5", "--tap", "paper.image=p-{seed}.png"}),
              ElementsAre("p-4.png", "p-5.png"));
  EXPECT_THAT(
      refused("paper.image=p.png", "tapped.yaml", {"--seed", "4,5"}),
      HasSubstr("--tap paper.image: error: node 'tap paper.image=p.png': 'p.png' names the same file for every 'seed'; "
                "add {seed} or {item}"));
}

TEST_F(Tap, GoesWithToAndResume) {
  EXPECT_THAT(tapped({"tapped.yaml", "--to", "paper", "--tap", "turns.next.image"}),
              ElementsAre("turns.next.image.png"));
  EXPECT_FALSE(fs::exists(folder_ / "out/0.png"));
  const std::string bytes = folder_.read("out/turns.next.image.png");
  fs::remove(folder_ / "out/turns.next.image.png");
  const Result again = run({"tapped.yaml", "--tap", "turns.next.image", "--resume", "--output-dir", "out", "--json"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(folder_.read("out/turns.next.image.png"), bytes);
  EXPECT_TRUE(fs::exists(folder_ / "out/0.png"));
  EXPECT_THAT(again.out, HasSubstr("turns.next.image.png"));
  EXPECT_THAT(again.out, Not(HasSubstr("turns.image.png")));
  const Result whole = run({"tapped.yaml", "--resume", "--output-dir", "out"});
  EXPECT_EQ(whole.code, 0) << whole.err;
}

TEST_F(Tap, WritesATurnThatIsNotThereAgain) {
  const std::vector<std::string> words{"tapped.yaml", "--tap", "turns.next.image@all"};
  tapped(words);
  const auto whole = folder_.outputs("out");
  fs::remove(folder_ / "out/turns.next.image-t0001.png");
  std::vector<std::string> again = words;
  again.insert(again.end(), {"--resume", "--output-dir", "out"});
  EXPECT_EQ(run(again).code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), whole), "");
}

TEST_F(Tap, GoesWithShards) {
  tapped({"sheet.yaml", "--seed", "0..3", "--tap", "small.image"});
  const auto whole = folder_.outputs("out");
  for (const char* shard : {"1/2", "2/2"}) {
    const Result result = run({"sheet.yaml", "--seed", "0..3", "--tap", "small.image", "--shard", shard, "--quiet",
                               "--output-dir", "shards"});
    EXPECT_EQ(result.code, 0) << result.err;
  }
  const Result merged = decoupage({"merge", "shards", "--quiet"}, {folder_.path()});
  EXPECT_EQ(merged.code, 0) << merged.err;
  for (const char* name : {"small.image-0000.png", "small.image-0003.png"}) {
    EXPECT_EQ(folder_.read(std::string("shards/") + name), whole.at(name));
  }
}

/// The manual's example, made short.
TEST_F(Tap, DoesWhatTheManualSays) {
  std::ifstream page(SOURCE_DIR "/docs/command-line.md");
  std::vector<std::string> words;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("decoupage run ") || line.find(" --tap ") == line.npos) continue;
    std::istringstream text(line);
    words.assign(std::istream_iterator<std::string>(text), {});
  }
  ASSERT_FALSE(words.empty());
  words.erase(words.begin());
  words.insert(words.end(), {"--steps", "2", "--output-dir", folder_ / "out"});
  const Result result = decoupage(words, {SOURCE_DIR});
  ASSERT_EQ(result.code, 0) << result.err;
  std::vector<std::string> names;
  for (const auto& [name, bytes] : folder_.outputs("out")) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("0000-0000.png", "denoise.step.latents-t0000.npz", "denoise.step.latents-t0001.npz",
                                 "seen.png", "text.conditioning.npz"));
}

TEST_F(Tap, RefusesWhatCannotBeTapped) {
  EXPECT_THAT(refused("turns.nxt.image"),
              HasSubstr("--tap turns.nxt.image: no such port (did you mean 'turns.next.image'?)"));
  EXPECT_THAT(refused("quite.other"), HasSubstr("no such port; decoupage check --ports GRAPH lists them"));
  EXPECT_THAT(refused("numbers"), HasSubstr("give a port, NODE.PORT: it sends int, float, bool, string"));
  EXPECT_THAT(refused("save"), HasSubstr("give a port, NODE.PORT: the node sends nothing"));
  EXPECT_THAT(refused("paper.image=a.jpg"),
              HasSubstr("'a.jpg' ends in .jpg: a value of the type image is kept as .png or .npz"));
  EXPECT_THAT(refused("paper.image=a"), HasSubstr("'a' has no ending: a value of the type image is kept as"));
  EXPECT_THAT(refused("paper.image="), HasSubstr("no file behind '='"));
  EXPECT_THAT(refused("paper.image=../a.png"), HasSubstr("../a.png"));
  EXPECT_THAT(refused("paper.image[1]"), HasSubstr("it sends image, in which [1] chooses nothing"));
  EXPECT_THAT(refused("paper[1].image"), HasSubstr("'paper' is no each around the port: [1] chooses nothing"));
  EXPECT_THAT(refused("paper.image@all"),
              HasSubstr("--tap paper.image@all: 'paper' is in no loop, so that there is one value and no turns"));
  EXPECT_THAT(refused("turns.image@all"), HasSubstr("no turns; try turns.next.image@all"));
  EXPECT_THAT(refused("paper.image=p.png", "tapped.yaml", {"--tap", "turns.image=p.png"}),
              HasSubstr("--tap turns.image: 'p.png' is what --tap paper.image writes, too"));
  EXPECT_THAT(refused("turns.images[x]"), HasSubstr("expected an index such as [3], from 0 on"));
  EXPECT_THAT(refused("paper.image", "tapped.yaml", {"--tap", "paper.image"}), HasSubstr("it is given twice"));
  EXPECT_THAT(refused("noise.generator", "noise.yaml"),
              AllOf(HasSubstr("a value of the type generator cannot be kept; these can, and lists of them: latents, "),
                    HasSubstr("image")));
  const Result late = run({"tapped.yaml", "--tap", "turns.images[3]", "--output-dir", "late"});
  EXPECT_EQ(late.code, 1);
  EXPECT_THAT(late.err + late.out, HasSubstr("there is no element 3 in a list of 3"));
}

}  // namespace
}  // namespace testing_cli
