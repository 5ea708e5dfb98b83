// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/nodes/fixtures.h"
#include "tests/nodes/sampling/inpainting_data.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class UnetStep : public ::testing::Test {
 protected:
  UnetStep()
      : conditioning_{half("prompt_embeds", 1), half("prompt_embeds", 0), half("text_embeds", 1),
                      half("text_embeds", 0),   half("time_ids", 1),      half("time_ids", 0)} {}

  at::Tensor half(const std::string& name, std::int64_t row) const { return vectors_[name].narrow(0, row, 1); }

  static schedulers::Schedule schedule(const std::string& scheduler) {
    return {schedulers::Config::stable_diffusion_xl(), {.scheduler = scheduler, .steps = 10}};
  }

  graph::NodeHarness step(int turn, const std::string& scale, const std::string& scheduler = "euler") const {
    const std::string model = (reference::sdxl("mini") / "model").string();
    graph::NodeHarness node(built_in(), "unet-step", {{"model", model}, {"guidance_scale", scale}});
    node.in("conditioning", conditioning_).in("schedule", schedule(scheduler)).turn(turn, 10);
    node.in("latents", before(turn));
    return node;
  }

  /// Latents as turn `turn` of the run in the vectors finds them.
  Latents before(int turn) const {
    return {turn == 0 ? vectors_["noise"] * schedule("euler").init_noise_sigma() : vectors_["latents"][turn - 1]};
  }

  static at::Tensor latents(const graph::NodeHarness& node) { return node.out<Latents>("latents").tensor; }

  const reference::Vectors vectors_{"mini", "txt2img_euler"};
  const Conditioning conditioning_;
};

TEST_F(UnetStep, EqualsDiffusers) {
  for (const int turn : {0, 5, 9}) {
    graph::NodeHarness node = step(turn, "6.5");
    EXPECT_LT(reference::difference(latents(node.run()), vectors_["latents"][turn]), 1e-3) << "turn " << turn;
    EXPECT_FALSE(node.sent("generator"));
  }
}

TEST_F(UnetStep, RowsOfABatchAreWhatTheyAreAlone) {
  graph::NodeHarness first = step(0, "6.5"), middle = step(4, "1"), last = step(9, "3");
  const std::vector<graph::NodeHarness*> rows{&first, &middle, &last};
  std::vector<at::Tensor> alone;
  for (graph::NodeHarness* row : rows) {
    alone.push_back(latents(row->run()));
    EXPECT_EQ(row->batch_key(), first.batch_key());
    row->end_item();
  }
  graph::NodeHarness::run_batch(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double greatest = alone[i].abs().max().item<double>();
    // A network's products sum in another order in a batch, which convolutions by Winograd's way make some ten times as
    // large; the first turn multiplies that with its sigma and the scale.
    EXPECT_LT(reference::difference(latents(*rows[i]), alone[i]), 1e-5 * greatest) << "row " << i;
  }
}

TEST_F(UnetStep, WithoutGuidanceNeedsNoNegative) {
  graph::NodeHarness node = step(2, "1");
  const at::Tensor expected = latents(node.run());
  node.end_item();
  Conditioning prompt_alone = conditioning_;
  prompt_alone.negative_pooled_prompt_embeds = prompt_alone.negative_time_ids = at::Tensor();
  prompt_alone.negative_prompt_embeds = at::Tensor();
  EXPECT_EQ(reference::difference(latents(node.in("conditioning", prompt_alone).run()), expected), 0);
  graph::NodeHarness guided = step(2, "3");
  EXPECT_GT(reference::difference(latents(guided.run()), expected), 1e-3);
}

TEST_F(UnetStep, DrawsFromItsOwnCopyOfTheGenerator) {
  const tensors::Generator linked(5);
  graph::NodeHarness node = step(3, "3", "euler-ancestral");
  node.in("generator", linked).run();
  const at::Tensor first = latents(node);
  tensors::Generator sent = node.out<tensors::Generator>("generator"), expected = linked;
  expected.randn(first.sizes());
  EXPECT_TRUE(sent.randn({20}).equal(expected.randn({20})));
  node.end_item();
  EXPECT_TRUE(latents(node.run()).equal(first)) << "what came in was not drawn from";
}

TEST_F(UnetStep, InpaintingModelsAreAskedFor) {
  const inpaint_data::InpaintingModel nine;
  EXPECT_THAT(refusal_of("unet-step", {{"model", nine.path()}}),
              HasSubstr("is a model for inpainting, which takes a mask and a masked picture, too"));
  EXPECT_THAT(refusal_of("unet-predict", {{"model", nine.path()}}), HasSubstr("say inpainting: true"));
  EXPECT_EQ(refusal_of("unet-step", {{"model", nine.path()}, {"inpainting", "true"}}), "");
  EXPECT_EQ(refusal_of("unet-step", {{"model", inpaint_data::mini()}, {"inpainting", "true"}}), "");
}

TEST_F(UnetStep, WhatAnInpaintingModelTakesHasToCome) {
  const inpaint_data::InpaintingModel nine;
  const auto refusal = [&](const std::string& model, const at::Tensor& masked) {
    graph::NodeHarness node(built_in(), "unet-step", {{"model", model}, {"inpainting", "true"}});
    node.in("conditioning", conditioning_).in("schedule", schedule("euler")).turn(0, 10).in("latents", before(0));
    if (masked.defined()) node.in("masked", Latents{masked});
    return thrown_by([&] { node.run(); });
  };
  EXPECT_THAT(refusal(nine.path(), {}), HasSubstr("link 'masked' to what inpaint-start sends there"));
  EXPECT_THAT(refusal(inpaint_data::mini(), at::ones({1, 5, 16, 16})), HasSubstr("the model takes latents alone"));
  EXPECT_THAT(refusal(nine.path(), at::ones({1, 5, 3, 3})), HasSubstr("'masked' is of the shape [1, 5, 3, 3]"));
}

/// ComfyUI's way: a prompt that is repeated says the same, to rounding.
TEST_F(UnetStep, ReadsHalvesOfOtherLengthsInCallsOfTheirOwn) {
  graph::NodeHarness node = step(2, "3");
  const at::Tensor due = latents(node.run());
  node.end_item();
  Conditioning longer = conditioning_;
  longer.negative_prompt_embeds = longer.negative_prompt_embeds.repeat({1, 2, 1});
  EXPECT_LT(reference::difference(latents(node.in("conditioning", longer).run()), due), 1e-3);
  graph::NodeHarness equal = step(2, "3");
  EXPECT_NE(node.batch_key(), equal.batch_key());
}

/// negative + scale · Σ weight · (each − negative)
TEST_F(UnetStep, JoinsPromptsByTheirWeights) {
  graph::NodeHarness three = step(2, "3"), two = step(2, "2"), one = step(2, "1");
  const at::Tensor due = latents(three.run());
  Conditioning joined = conditioning_;
  joined.weight = 0.5;
  joined.parts = std::make_shared<const ConditioningParts>(ConditioningParts{{conditioning_}, {}});
  EXPECT_LT(reference::difference(latents(two.in("conditioning", joined).run()), due), 1e-3);
  graph::NodeHarness half = step(2, "1.5");
  EXPECT_LT(reference::difference(latents(one.in("conditioning", joined).run()), latents(half.run())), 1e-3);
}

TEST_F(UnetStep, TakesWhatHoldsAtItsTurn) {
  Conditioning other = conditioning_;
  other.prompt_embeds = other.prompt_embeds * 0.5;
  Conditioning edited = other;
  edited.parts = std::make_shared<const ConditioningParts>(
      ConditioningParts{{}, {std::pair(std::int64_t{3}, conditioning_), std::pair(std::int64_t{10}, other)}});
  for (const int turn : {2, 3}) {
    graph::NodeHarness node = step(turn, "3"), due = step(turn, "3");
    EXPECT_EQ(reference::difference(latents(node.in("conditioning", edited).run()),
                                    latents(due.in("conditioning", turn == 2 ? conditioning_ : other).run())),
              0);
  }
}

TEST_F(UnetStep, PerturbsAttentionInLayersThatAreThere) {
  const std::string model = (reference::sdxl("mini") / "model").string();
  const auto opened = [&](const std::string& scale, const std::string& layers) {
    return thrown_by([&] {
      graph::NodeHarness(built_in(), "unet-step", {{"model", model}, {"pag_scale", scale}, {"pag_layers", layers}})
          .open();
    });
  };
  EXPECT_THAT(opened("3", "mid_block, down_block"), HasSubstr("pag_layers: no attention layer 'down_block'"));
  EXPECT_EQ(opened("3", " , "), "pag_layers: name at least one, such as mid_block");
  EXPECT_EQ(opened("0", "nothing"), opened("3", "mid_block, down_blocks.1.attentions.0"));
  const auto stepped = [&](const std::string& layers) {
    graph::NodeHarness node(built_in(), "unet-step", {{"model", model}, {"pag_scale", "3"}, {"pag_layers", layers}});
    node.in("conditioning", conditioning_).in("schedule", schedule("euler")).turn(2, 10).in("latents", before(2));
    return latents(node.run());
  };
  EXPECT_GT(reference::difference(stepped("mid_block"), stepped("down_blocks")), 1e-4);
}

TEST_F(UnetStep, Errors) {
  graph::NodeHarness ancestral = step(0, "3", "euler-ancestral");
  EXPECT_EQ(thrown_by([&] { ancestral.run(); }),
            "the scheduler euler-ancestral draws noise: carry a generator in the loop's state (state: {generator: "
            "noise.generator}) and link it to 'generator'");
  graph::NodeHarness broken = step(2, "3");
  broken.in("latents", Latents{before(2).tensor * NAN});
  EXPECT_THAT(thrown_by([&] { broken.run(); }),
              HasSubstr("the latents are not numbers any more (NaN or infinite) after turn 3 of 10 (timestep "));
  EXPECT_FALSE(broken.sent("latents"));
}

/// Inpainting models take a mask and a picture in, too.
TEST_F(UnetStep, OfAnotherKindOfModelIsNamedBeforeItIsRead) {
  const std::filesystem::path model = std::filesystem::path(testing::TempDir()) / "unet_step_eight";
  std::filesystem::remove_all(model);
  std::filesystem::copy(reference::sdxl("mini") / "model", model, std::filesystem::copy_options::recursive);
  const std::filesystem::path config = model / "unet/config.json";
  std::filesystem::permissions(config, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  std::string text;
  {
    std::ifstream in(config);
    text = {std::istreambuf_iterator<char>(in), {}};
  }
  const std::string four = "\"in_channels\": 4";
  ASSERT_NE(text.find(four), std::string::npos);
  std::ofstream(config) << text.replace(text.find(four), four.size(), "\"in_channels\": 8");
  for (const char* type : {"unet-step", "unet-predict"})
    EXPECT_THAT(refusal_of(type, {{"model", model.string()}}), HasSubstr("its unet takes 8 channels in and gives 4: "));
}

}  // namespace
}  // namespace nodes
