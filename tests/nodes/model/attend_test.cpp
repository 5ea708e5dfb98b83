// SPDX-License-Identifier: MIT
#include "nodes/picture_tensors.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using AttendPairs = graph::NodeHarness::Pairs;

const std::string kBoats = "a red boat under the moon";

class Attend : public ::testing::Test {
 protected:
  graph::NodeHarness attend(const std::string& regions, AttendPairs props = {}) const {
    props.emplace_back("regions", regions);
    props.emplace_back("model", model_);
    if (std::ranges::find(props, "prompt", &AttendPairs::value_type::first) == props.end())
      props.emplace_back("prompt", kBoats);
    graph::NodeHarness node(built_in(), "attend", props);
    node.in("conditioning", conditioning_);
    return node;
  }
  static graph::Value mask(double weight = 1) {
    return graph::Value::of(Mask{cv::Mat(96, 128, CV_32FC1, cv::Scalar(weight))});
  }
  /// The right half.
  static graph::Value half() {
    Mask mask{cv::Mat(96, 128, CV_32FC1, cv::Scalar(0))};
    mask.weights(cv::Rect(64, 0, 64, 96)).setTo(1);
    return graph::Value::of(mask);
  }
  Predictions predicted(const Conditioning& conditioning, int turn = 0) const {
    const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 10});
    graph::NodeHarness node(built_in(), "unet-predict", {{"model", model_}});
    node.in("conditioning", conditioning).in("schedule", schedule).turn(turn, 10).in("latents", Latents{latents_});
    return node.run().out<Predictions>("predictions");
  }
  std::string refusal(const std::string& regions, AttendPairs props = {}) const {
    return thrown_by([&] { attend(regions, props).open(); });
  }

  const std::string model_ = (reference::sdxl("mini") / "model").string();
  const reference::Vectors vectors_{"mini", "txt2img_euler"};
  const at::Tensor latents_ = vectors_["noise"] * 10;
  const Conditioning conditioning_{half_of("prompt_embeds", 1), half_of("prompt_embeds", 0), half_of("text_embeds", 1),
                                   half_of("text_embeds", 0),   half_of("time_ids", 1),      half_of("time_ids", 0)};

 private:
  at::Tensor half_of(const std::string& name, std::int64_t row) const { return vectors_[name].narrow(0, row, 1); }
};

TEST_F(Attend, FindsItsWords) {
  const auto tokens = [&](const std::string& regions, AttendPairs props = {}) {
    graph::NodeHarness node = attend(regions, std::move(props));
    const auto& conditioning = node.links("masks", {mask()}).run().out<Conditioning>("conditioning");
    return conditioning.attention->regions.front().tokens;
  };
  EXPECT_THAT(tokens("[{text: moon}]"), ElementsAre(11));
  EXPECT_THAT(tokens("[{text: red boat}]"), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(tokens("[{span: [2, 10]}]"), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(tokens("[{text: moon}]", {{"prompt_2", "moon"}}), ElementsAre(11, 1));
}

TEST_F(Attend, LearnedWordsArePulledWithTheirs) {
  const std::string file = (reference::sdxl("mini") / "embeddings/sdxl_two_vectors.safetensors").string();
  graph::NodeHarness node =
      attend("[{text: red boat}]",
             {{"prompt", "a <boat> red boat under the moon"}, {"embedding", file}, {"embedding_tokens", "<boat>"}});
  const auto& told = node.links("masks", {mask()}).run().out<Conditioning>("conditioning");
  EXPECT_THAT(told.attention->regions.front().tokens, ElementsAre(2, 3, 4, 5, 6, 7));
}

TEST_F(Attend, ReadsPromptsAsTheyAreWritten) {
  graph::NodeHarness node =
      attend("[{text: red boat}]", {{"prompt", "a (red boat:1.2) under the moon"}, {"prompt_syntax", "webui"}});
  const auto& told = node.links("masks", {mask()}).run().out<Conditioning>("conditioning");
  EXPECT_THAT(told.attention->regions.front().tokens, ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(refusal("[{span: [2, 10]}]", {{"prompt_syntax", "webui"}}), HasSubstr("a span counts the characters of"));
  graph::NodeHarness otherwise = attend("[{text: moon}]", {{"prompt", "a (red boat:1.2) under the moon"}});
  EXPECT_THAT(otherwise.links("masks", {mask()}).run().warnings(),
              ElementsAre(HasSubstr("where prompt_syntax is webui or comfyui; here, where it is plain")));
  Conditioning longer = conditioning_;
  longer.prompt_embeds = at::cat({longer.prompt_embeds, longer.prompt_embeds}, 1);
  otherwise.in("conditioning", longer);
  EXPECT_THAT(thrown_by([&] { otherwise.run(); }), HasSubstr("give attend the prompt_syntax that text-encode has"));
  Conditioning several = conditioning_;
  several.parts = std::make_shared<const ConditioningParts>(ConditioningParts{{conditioning_}, {}});
  node.in("conditioning", several);
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("write one prompt"));
}

TEST_F(Attend, AnotherFormula) {
  const auto pulled = [&](const std::string& fall) {
    graph::NodeHarness node = attend("[{text: red boat, strength: 1, negative_strength: 0}]", {{"fall", fall}});
    return predicted(node.links("masks", {half()}).run().out<Conditioning>("conditioning")).prompt;
  };
  EXPECT_GT(reference::difference(pulled("ediffi"), predicted(conditioning_).prompt), 1e-4);
  EXPECT_GT(reference::difference(pulled("ediffi"), pulled("log")), 1e-4);
}

TEST_F(Attend, PullsThePromptsHalfAlone) {
  const Predictions plain = predicted(conditioning_);
  graph::NodeHarness node = attend("[{text: red boat, strength: 1, negative_strength: 1}]");
  const auto& told = node.links("masks", {half()}).run().out<Conditioning>("conditioning");
  const Predictions pulled = predicted(told);
  EXPECT_GT(reference::difference(pulled.prompt, plain.prompt), 1e-4);
  EXPECT_LT(reference::difference(pulled.negative, plain.negative), 1e-5);
  // It falls with the noise level.
  EXPECT_NE(reference::difference(predicted(told, 9).prompt, predicted(conditioning_, 9).prompt),
            reference::difference(pulled.prompt, plain.prompt));
}

TEST_F(Attend, WithoutStrengthNothingIsChanged) {
  graph::NodeHarness node = attend("[{text: moon, strength: 0, negative_strength: 0}]");
  const auto& told = node.links("masks", {half()}).run().out<Conditioning>("conditioning");
  EXPECT_TRUE(predicted(told).prompt.equal(predicted(conditioning_).prompt));
}

TEST_F(Attend, OfMasksThatCoverNothingOrEverything) {
  graph::NodeHarness node = attend("[{text: moon}, {text: red boat}]");
  const graph::NodeHarness& run = node.links("masks", {mask(0), mask(1)}).run();
  EXPECT_THAT(run.warnings(), ElementsAre("the mask of regions[0] ('moon') covers nothing: its words are pulled away "
                                          "everywhere"));
  EXPECT_TRUE(predicted(node.out<Conditioning>("conditioning")).prompt.isfinite().all().item<bool>());
}

TEST_F(Attend, SeveralAddUp) {
  graph::NodeHarness first = attend("[{text: moon}]"), second = attend("[{text: red boat}]");
  const Conditioning once = first.links("masks", {half()}).run().out<Conditioning>("conditioning");
  const auto& twice =
      second.in("conditioning", once).links("masks", {mask(0.5)}).run().out<Conditioning>("conditioning");
  EXPECT_EQ(once.attention->regions.size(), 1u);
  EXPECT_EQ(twice.attention->regions.size(), 2u);
  EXPECT_FALSE(conditioning_.attention);
  graph::NodeHarness other = attend("[{text: red boat}]", {{"fall", "log"}});
  other.in("conditioning", once).links("masks", {mask()});
  EXPECT_THAT(thrown_by([&] { other.run(); }), HasSubstr("pulled already with another fall or sigma_index"));
}

TEST_F(Attend, TakesAPromptFromALink) {
  graph::NodeHarness node = attend("[{text: moon}]", {{"prompt", ""}});
  node.links("masks", {mask()});
  EXPECT_EQ(thrown_by([&] { node.run(); }), "the prompt is empty, and has no words to pull");
  const auto& told = node.feed("prompt", kBoats).run().out<Conditioning>("conditioning");
  EXPECT_THAT(told.attention->regions.front().tokens, ElementsAre(11));
}

TEST_F(Attend, Errors) {
  EXPECT_EQ(refusal("[{text: blue boat}]"), "regions[0] ('blue boat') does not stand in the prompt '" + kBoats + "'");
  EXPECT_THAT(refusal("[{text: moon}, {text: moon}]"), HasSubstr("once more: another region has these words"));
  EXPECT_THAT(refusal("[{strength: 1}]"), HasSubstr("regions[0]: give a text or a span"));
  EXPECT_THAT(refusal("[{text: moon, span: [0, 1]}]"), HasSubstr("regions[0]: give a text or a span, not both"));
  EXPECT_THAT(refusal("[{span: [3, 10]}]"), HasSubstr("they begin or end inside of a word"));
  EXPECT_THAT(refusal("[{span: [20, 99]}]"), HasSubstr("it is shorter than that"));
  EXPECT_THAT(refusal("[{text: moon, strength: -1}]"), HasSubstr("strength"));
  graph::NodeHarness node = attend("[{text: moon}]");
  node.links("masks", {mask(), mask()});
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("2 masks are linked for 1 regions"));
  node.links("masks", {mask(NAN)});
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the mask of regions[0] has weights that are not in [0, 1]"));
  std::string words;
  for (int i = 0; i < 80; ++i) words += "a ";
  graph::NodeHarness behind = attend("[{text: moon}]", {{"prompt", words + "moon"}});
  behind.links("masks", {mask()});
  EXPECT_THAT(thrown_by([&] { behind.run(); }), HasSubstr("stands behind what the text encoder reads"));
}

}  // namespace
}  // namespace nodes
