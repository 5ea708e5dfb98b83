// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::HasSubstr;

/// configs/learn_token.yaml on the embedded model, small.
class LearnToken : public testing::Test {
 protected:
  Result run(const std::string& output, const std::vector<std::string>& more = {}, const std::string& order = "") {
    const std::string root = SOURCE_DIR;
    std::vector<std::string> words{"run",
                                   root + "/configs/learn_token.yaml",
                                   "--image",
                                   root + "/examples/fit_latents/house.png",
                                   "--text",
                                   "house",
                                   "--size",
                                   "64",
                                   "--steps",
                                   "4",
                                   "--batch",
                                   "2",
                                   "--every",
                                   "2",
                                   "--draw-steps",
                                   "2",
                                   "--output-dir",
                                   output,
                                   "--deterministic"};
    words.insert(words.end(), more.begin(), more.end());
    Start start{folder_.path(), {{"DECOUPAGE_CACHE", cache_}}};
    if (!order.empty()) start.env["DECOUPAGE_FAULTS"] = order;
    return decoupage(words, start);
  }
  Folder folder_;
  std::string cache_;  ///< none
};

TEST_F(LearnToken, WritesAWordAPictureAndATableAndGoesOnWhereItWasStopped) {
  ASSERT_EQ(run("whole").code, 0);
  const auto whole = folder_.outputs("whole");
  ASSERT_TRUE(whole.contains("0000.safetensors"));
  EXPECT_THAT(whole.at("0000.safetensors"), HasSubstr("clip_l"));
  EXPECT_TRUE(whole.contains("0000.png"));
  EXPECT_THAT(whole.at("scalars/0000-word.learn.csv"), testing::StartsWith("turn,loss,norm,rate\n0,"));
  ASSERT_EQ(run("killed", {}, "call@word.learn.step:4=kill").code, 128 + SIGKILL);
  const Result resumed = run("killed", {"--resume"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(difference(folder_.outputs("killed"), whole), "");
}

TEST_F(LearnToken, NothingIsLearnedTwice) {
  cache_ = folder_ / "cache";
  ASSERT_EQ(run("first").code, 0);
  const auto first = folder_.outputs("first");
  ASSERT_EQ(run("second").code, 0);
  const auto second = folder_.outputs("second");
  EXPECT_FALSE(second.contains("scalars/0000-word.learn.csv")) << "the loop did not run";
  EXPECT_EQ(second.at("0000.png"), first.at("0000.png"));
  ASSERT_EQ(run("third", {"--learning-rate", "0.01"}).code, 0);
  EXPECT_TRUE(folder_.outputs("third").contains("scalars/0000-word.learn.csv")) << "other settings";
  ASSERT_EQ(run("fourth", {"--mask", std::string(SOURCE_DIR) + "/tests/data/layers/expected/inversion_data.png"}).code,
            0);
  EXPECT_TRUE(folder_.outputs("fourth").contains("scalars/0000-word.learn.csv")) << "another mask";
}

TEST_F(LearnToken, TheWordIsReadByTextEncode) {
  ASSERT_EQ(run("whole").code, 0);
  folder_.write("draw.yaml", R"(graph: draw
params: {file: {type: path}}
nodes:
  text: {type: text-encode, model: embedded, prompt: "a <krk> house", embedding: $file, embedding_tokens: <krk>}
  save: {type: save-tensor, path: text.npz, in: {value: text.conditioning}}
)");
  const Result read =
      decoupage({"run", "draw.yaml", "--file", "whole/0000.safetensors", "--output-dir", "drawn"}, {folder_.path()});
  EXPECT_EQ(read.code, 0) << read.err;
}

TEST_F(LearnToken, IsABinForEachLayerOfAGraph) {
  folder_.write("learned_token.yaml", Folder::text_of(std::string(SOURCE_DIR) + "/configs/parts/learned_token.yaml"));
  folder_.write("many.yaml", R"(graph: many
nodes:
  paper: {type: draw-noise, width: 64, height: 64}
  counts: {type: box-mask, width: 64, height: 64, right: 0.6, bottom: 0.7}
  names: {type: text-grid, texts: [boat, house]}
  words:
    type: each
    over: {name: names.text}
    nodes:
      word:
        include: learned_token.yaml
        steps: 1
        batch: 2
        in: {image: paper.image, mask: counts.mask, text: each.name}
      save: {type: save-token, path: "{each}.safetensors", in: {token: word.token}}
    out: {token: word.token}
)");
  const Result result =
      decoupage({"run", "many.yaml", "--output-dir", "many"}, {folder_.path(), {{"DECOUPAGE_CACHE", ""}}});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto words = folder_.outputs("many");
  ASSERT_TRUE(words.contains("0.safetensors") && words.contains("1.safetensors"));
  EXPECT_NE(words.at("0.safetensors"), words.at("1.safetensors"));
}

TEST_F(LearnToken, Refuses) {
  EXPECT_THAT(run("a", {"--word", "krk"}).err, HasSubstr("expected a word in <>, such as <cat>"));
  EXPECT_THAT(run("a", {"--from", "purple house"}).err, HasSubstr("'purple house' is 2 tokens of this model"));
  EXPECT_THAT(run("a", {"--mask", "no-such.png"}).err, HasSubstr("no-such.png"));
}

}  // namespace
}  // namespace testing_cli
