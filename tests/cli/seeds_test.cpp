// SPDX-License-Identifier: MIT
// Seeds as other programs have them, and paths in the home folder: the same wherever they are said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::string kLargest = "18446744073709551615", kFirstLarge = "9223372036854775808";

class Said : public testing::Test {
 protected:
  std::vector<std::string> made(std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "g.yaml"});
    words.insert(words.end(), {"--output-dir", "out", "--overwrite", "--quiet"});
    const Result result = decoupage(words, {folder_.path(), {{"HOME", folder_.path()}}});
    EXPECT_EQ(result.err, "");
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs("out")) names.push_back(name);
    std::filesystem::remove_all(folder_ / "out");
    return names;
  }

  void graph(const std::string& seed, const std::string& property = "$seed") {
    folder_.write("g.yaml", "graph: g\nparams: {seed: {type: int, default: " + seed + "}}\nnodes:\n" +
                                "  a: {type: draw-noise, seed: " + property + ", width: 8, height: 8}\n" +
                                "  s: {type: save-image, path: '{seed}.png', in: {image: a.image}}\n");
  }

  Folder folder_;
};

TEST_F(Said, LargeSeedsAreTheirBits) {
  graph("1");
  const auto both = UnorderedElementsAre("-1.png", "-9223372036854775808.png");
  EXPECT_THAT(made({"--seed", kLargest}), ElementsAre("-1.png"));
  EXPECT_THAT(made({"--seed=" + kFirstLarge}), ElementsAre("-9223372036854775808.png"));
  EXPECT_THAT(made({"--param", "seed=" + kLargest}), ElementsAre("-1.png"));
  EXPECT_THAT(made({"--seed", kLargest + "," + kFirstLarge}), both);
  EXPECT_THAT(made({"--sweep", "seed=" + kLargest + "," + kFirstLarge}), both);
  EXPECT_THAT(made({"--sweep", "seed=18446744073709551614..18446744073709551615"}),
              UnorderedElementsAre("-2.png", "-1.png"));
  folder_.write("p.yaml", "seed: " + kLargest + "\n");
  EXPECT_THAT(made({"--params", "p.yaml"}), ElementsAre("-1.png"));
  folder_.write("p.json", "{\"seed\": [" + kLargest + ", " + kFirstLarge + "]}");
  EXPECT_THAT(made({"--params", "p.json"}), both);
  folder_.write("t.csv", "seed\n" + kLargest + "\n" + kFirstLarge + "\n");
  EXPECT_THAT(made({"--items", "t.csv"}), both);
  folder_.write("t.yaml", "- seed: " + kLargest + "\n- seed: " + kFirstLarge + "\n");
  EXPECT_THAT(made({"--items", "t.yaml"}), both);
  folder_.write("t.jsonl", "{\"seed\": " + kLargest + "}\n{\"seed\": " + kFirstLarge + "}\n");
  EXPECT_THAT(made({"--items", "t.jsonl"}), both);
  graph(kFirstLarge);
  EXPECT_THAT(made({}), ElementsAre("-9223372036854775808.png"));
  graph("1", kLargest);
  EXPECT_THAT(made({}), ElementsAre("1.png"));
  EXPECT_THAT(made({"--set", "a.seed=" + kFirstLarge}), ElementsAre("1.png"));
}

TEST_F(Said, LargerNumbersNameTheRange) {
  graph("1");
  const std::string larger = "18446744073709551616";
  const auto said =
      HasSubstr("expected a seed in [-9223372036854775808, 18446744073709551615], or random, got '" + larger + "'");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--seed", larger}, {"--sweep", "seed=" + larger}}) {
    std::vector<std::string> all{"run", "g.yaml"};
    all.insert(all.end(), words.begin(), words.end());
    EXPECT_THAT(decoupage(all, {folder_.path()}).err, said);
  }
  graph("1", larger);
  EXPECT_THAT(decoupage({"check", "g.yaml"}, {folder_.path()}).err, said);
}

TEST_F(Said, OtherIntsHaveTheirRange) {
  folder_.write("g.yaml",
                "graph: g\nparams: {n: {type: int, default: 1}}\nnodes:\n"
                "  a: {type: draw-noise, seed: $n, width: 8, height: 8}\n"
                "  s: {type: save-image, path: '{n}.png', in: {image: a.image}}\n");
  EXPECT_THAT(decoupage({"run", "g.yaml", "--n", kLargest}, {folder_.path()}).err,
              HasSubstr("expected an int in [-9223372036854775808, 9223372036854775807], got '" + kLargest + "'"));
}

/// A shell expands words of their own alone.
TEST_F(Said, PathsMayBeginAtHome) {
  folder_.write("g.yaml",
                "graph: g\nparams: {photo: {type: path, default: nothing.png}}\nnodes:\n"
                "  a: {type: load-image, path: $photo}\n"
                "  s: {type: save-image, path: '{item}.png', in: {image: a.image}}\n");
  folder_.write("own.yaml",
                "graph: own\nnodes:\n  a: {type: load-image, path: ~/in/a.png}\n"
                "  s: {type: save-image, path: a.png, in: {image: a.image}}\n");
  folder_.write("draw.yaml",
                "graph: draw\nnodes:\n  a: {type: draw-noise, width: 8, height: 8}\n"
                "  s: {type: save-image, path: a.png, in: {image: a.image}}\n");
  const Start start{folder_.path(), {{"HOME", folder_.path()}}};
  ASSERT_EQ(decoupage({"run", "~/draw.yaml", "--output-dir=~/in"}, start).code, 0);
  ASSERT_EQ(folder_.names("in"), (std::vector<std::string>{"a.png", "items.jsonl", "run.json"}));
  EXPECT_THAT(made({"--photo=~/in/a.png"}), ElementsAre("0.png"));
  EXPECT_THAT(made({"--sweep", "photo=~/in/a.png,in/a.png"}), ElementsAre("0.png", "1.png"));
  EXPECT_THAT(made({"--set", "a.path=~/in/a.png"}), ElementsAre("0.png"));
  folder_.write("p.yaml", "photo: ~/in/a.png\n");
  EXPECT_THAT(made({"--params=~/p.yaml"}), ElementsAre("0.png"));
  folder_.write("t.csv", "photo\n~/in/a.png\n");
  EXPECT_THAT(made({"--items=~/t.csv"}), ElementsAre("0.png"));
  EXPECT_EQ(decoupage({"run", "own.yaml", "--output-dir", "o"}, start).code, 0);
}

}  // namespace
}  // namespace testing_cli
