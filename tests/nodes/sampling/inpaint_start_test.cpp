// SPDX-License-Identifier: MIT
#include "imaging/masks.h"
#include "models/files/weights.h"
#include "tensors/safetensors.h"
#include "tests/nodes/fixtures.h"
#include "tests/nodes/sampling/inpainting_data.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class InpaintStart : public ::testing::Test {
 protected:
  graph::NodeHarness start(const std::string& model, const schedulers::Schedule& schedule,
                           const std::string& mask) const {
    graph::NodeHarness node(built_in(), "inpaint-start", {{"model", model}, {"seed", "7"}});
    node.in("image", inpaint_data::picture("init_image")).in("mask", inpaint_data::mask(mask)).in("schedule", schedule);
    return node;
  }
  static schedulers::Schedule schedule(const std::string& scheduler, std::int64_t steps, double strength) {
    return {schedulers::Config::stable_diffusion_xl(), {.scheduler = scheduler, .steps = steps, .strength = strength}};
  }
  static double off(const graph::NodeHarness& node, const std::string& port, const at::Tensor& expected) {
    return reference::difference(node.out<Latents>(port).tensor, expected);
  }
};

constexpr double kStartTolerance = 2e-5;  // times a noise level of up to 15

TEST_F(InpaintStart, OfModelsThatKnowLatentsAlone) {
  struct {
    const char *vectors, *scheduler, *mask;
    std::int64_t steps;
    double strength;
  } const cases[] = {{"inpaint_strength06", "ddim", "mask_soft", 6, 0.6},
                     {"inpaint_strength10", "euler", "mask_hard", 5, 1.0},
                     {"inpaint_euler_a", "euler-ancestral", "mask_hard", 6, 0.5}};
  for (const auto& one : cases) {
    const tensors::Npz vectors = inpaint_data::vectors(one.vectors);
    graph::NodeHarness node = start(inpaint_data::mini(), schedule(one.scheduler, one.steps, one.strength), one.mask);
    node.run();
    EXPECT_LT(off(node, "latents", vectors.arrays.at("start")), 10 * kStartTolerance) << one.vectors;
    EXPECT_LT(off(node, "reference", vectors.arrays.at("image_latents")), kStartTolerance) << one.vectors;
    EXPECT_TRUE(node.out<Latents>("noise").tensor.equal(vectors.arrays.at("noise"))) << one.vectors;
    EXPECT_FALSE(node.sent("masked"));
    if (!vectors.arrays.contains("step_noise")) continue;
    tensors::Generator generator = node.out<tensors::Generator>("generator");
    EXPECT_TRUE(generator.randn({1, 4, 12, 16}).equal(vectors.arrays.at("step_noise")[0])) << one.vectors;
  }
}

TEST_F(InpaintStart, OfModelsForInpainting) {
  const inpaint_data::InpaintingModel model;
  for (const auto& [name, mask, strength] :
       {std::tuple{"inpaint9_strength07", "mask_soft", 0.7}, {"inpaint9_strength10", "mask_hard", 1.0}}) {
    const tensors::Npz vectors = inpaint_data::vectors(name);
    graph::NodeHarness node = start(model.path(), schedule("euler", 5, strength), mask);
    node.run();
    EXPECT_LT(off(node, "latents", vectors.arrays.at("start")), 10 * kStartTolerance) << name;
    const at::Tensor masked = node.out<Latents>("masked").tensor;
    EXPECT_TRUE(masked.narrow(1, 0, 1).equal(vectors.arrays.at("mask_latent"))) << name;
    EXPECT_LT(reference::difference(masked.narrow(1, 1, 4), vectors.arrays.at("masked_image_latents")), kStartTolerance)
        << name;
    EXPECT_FALSE(node.sent("reference"));
    EXPECT_FALSE(node.sent("noise"));
  }
}

TEST_F(InpaintStart, ALinkedGeneratorBeatsTheSeed) {
  graph::NodeHarness node = start(inpaint_data::mini(), schedule("euler", 5, 1), "mask_hard");
  node.in("generator", tensors::Generator(8)).run();
  EXPECT_FALSE(node.out<Latents>("noise").tensor.equal(inpaint_data::vectors("inpaint_strength10").arrays.at("noise")));
}

TEST_F(InpaintStart, WarnsOfAMaskThatCoversNothing) {
  graph::NodeHarness node = start(inpaint_data::mini(), schedule("euler", 5, 1), "mask_hard");
  EXPECT_THAT(node.run().warnings(), ::testing::IsEmpty());
  node.in("mask", Mask{cv::Mat(96, 128, CV_32FC1, cv::Scalar(0))});
  EXPECT_THAT(node.run().warnings(), ::testing::ElementsAre(HasSubstr("the mask covers nothing")));
}

TEST_F(InpaintStart, Errors) {
  graph::NodeHarness node = start(inpaint_data::mini(), schedule("euler", 5, 1), "mask_other_size");
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the mask has 50 x 61 px, and the picture 128 x 96 px"));
  node.in("image", flat(50, 61, 0.5));
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("50 is not a multiple of 8; 48 and 56 are"));
}

}  // namespace
}  // namespace nodes
