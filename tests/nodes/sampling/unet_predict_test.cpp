// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using Pairs = graph::NodeHarness::Pairs;

class UnetPredict : public ::testing::Test {
 protected:
  UnetPredict()
      : conditioning_{half("prompt_embeds", 1), half("prompt_embeds", 0), half("text_embeds", 1),
                      half("text_embeds", 0),   half("time_ids", 1),      half("time_ids", 0)} {}

  at::Tensor half(const std::string& name, std::int64_t row) const { return vectors_[name].narrow(0, row, 1); }

  graph::NodeHarness node(const std::string& type, const Latents& latents, Pairs props = {}) const {
    props.emplace_back("model", (reference::sdxl("mini") / "model").string());
    graph::NodeHarness node(built_in(), type, props);
    node.in("latents", latents).in("conditioning", conditioning_).in("schedule", schedule_);
    return node;
  }

  /// Latents as turn `turn` of the run in the vectors finds them.
  Latents before(std::int64_t turn) const {
    return {turn == 0 ? vectors_["noise"] * schedule_.init_noise_sigma() : vectors_["latents"][turn - 1]};
  }

  const reference::Vectors vectors_{"mini", "txt2img_euler"};
  const Conditioning conditioning_;
  const schedulers::Schedule schedule_{schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 10}};
};

TEST_F(UnetPredict, EqualsDiffusers) {
  for (const int turn : {0, 4, 9}) {
    graph::NodeHarness predict = node("unet-predict", before(turn));
    const auto& found = predict.turn(turn, 10).run().out<Predictions>("predictions");
    const at::Tensor expected = vectors_["noise_pred"][turn];
    EXPECT_LT(reference::difference(found.negative, expected.narrow(0, 0, 1)), 1e-4) << "turn " << turn;
    EXPECT_LT(reference::difference(found.prompt, expected.narrow(0, 1, 1)), 1e-4) << "turn " << turn;
  }
}

TEST_F(UnetPredict, ThePromptMayBeAlone) {
  graph::NodeHarness both = node("unet-predict", before(3)), alone = node("unet-predict", before(3));
  alone.feed("prompt_alone", true).turn(3, 10).run();
  const Predictions found = alone.out<Predictions>("predictions");
  EXPECT_FALSE(found.negative.defined());
  EXPECT_LT(reference::difference(found.prompt, both.turn(3, 10).run().out<Predictions>("predictions").prompt), 1e-5);
  // Those that ask for both and those that do not share a call.
  graph::NodeHarness::run_batch({&both, &alone});
  EXPECT_TRUE(both.out<Predictions>("predictions").negative.defined());
  EXPECT_LT(reference::difference(alone.out<Predictions>("predictions").prompt, found.prompt), 1e-5);
}

TEST_F(UnetPredict, IsTheFirstPartOfUnetStep) {
  const Pairs scale{{"guidance_scale", "6.5"}};
  graph::NodeHarness predict = node("unet-predict", before(3));
  predict.turn(3, 10).run();
  graph::NodeHarness guide(built_in(), "guide", scale);
  guide.in("predictions", predict.out<Predictions>("predictions")).run();
  graph::NodeHarness step(built_in(), "scheduler-step");
  step.turn(3, 10).in("latents", before(3)).in("schedule", schedule_);
  step.in("prediction", guide.out<Prediction>("prediction")).run();

  graph::NodeHarness whole = node("unet-step", before(3), scale);
  whole.turn(3, 10).run();
  EXPECT_LT(reference::difference(step.out<Latents>("latents").tensor, whole.out<Latents>("latents").tensor), 1e-6);
}

TEST_F(UnetPredict, RowsOfABatchAreWhatTheyAreAlone) {
  graph::NodeHarness early = node("unet-predict", before(1)), late = node("unet-predict", before(8));
  const Predictions alone = early.turn(1, 10).run().out<Predictions>("predictions");
  const Predictions other = late.turn(8, 10).run().out<Predictions>("predictions");
  EXPECT_EQ(early.batch_key(), late.batch_key());
  graph::NodeHarness::run_batch({&early, &late});
  EXPECT_LT(reference::difference(early.out<Predictions>("predictions").prompt, alone.prompt), 1e-5);
  EXPECT_LT(reference::difference(early.out<Predictions>("predictions").negative, alone.negative), 1e-5);
  EXPECT_LT(reference::difference(late.out<Predictions>("predictions").prompt, other.prompt), 1e-5);
  EXPECT_LT(reference::difference(late.out<Predictions>("predictions").negative, other.negative), 1e-5);
}

}  // namespace
}  // namespace nodes
