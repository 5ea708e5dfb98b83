// SPDX-License-Identifier: MIT
#include "models/networks/controlnet.h"

#include <cmath>

#include "nodes/picture_tensors.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using ControlPairs = graph::NodeHarness::Pairs;

// Ten times the noise floors of tests/data/control.
constexpr double kResidualTolerance = 1e-4, kPredictionTolerance = 6e-5;

std::filesystem::path control_data(const std::string& name) {
  return std::filesystem::path(SOURCE_DIR) / "tests/data/control" / name;
}

tensors::Npz control_vectors(const std::string& name) {
  return tensors::read_npz(control_data("vectors/" + name + ".npz"));
}

Image control_picture(const std::string& name) {
  return {imaging::read_picture(control_data("pictures/" + name + ".png").string())};
}

/// The bytes of a grey picture as weights.
Mask control_map(const std::string& name) {
  Mask mask;
  cv::extractChannel(control_picture(name).pixels, mask.weights, 0);
  return mask;
}

std::string model_path() {
  return (reference::sdxl("mini") / "model").string();
}

/// A ControlNet of a run.
struct Net {
  std::string folder, hint;
  ControlPairs props{};
  std::string map{};
};

/// A run of the reference.
struct ControlRun {
  std::string vectors;
  std::vector<Net> nets;
  std::string scheduler = "euler";
  std::int64_t steps = 4;
  double strength = 1;
  double guidance = 6.5;
};

void PrintTo(const ControlRun& run, std::ostream* out) {
  *out << run.vectors;
}

const std::vector<ControlRun> kControlRuns{
    {"ctrl_scale10", {{"controlnet", "control_a"}}},
    {"ctrl_scale04", {{"controlnet", "control_a", {{"conditioning_scale", "0.4"}}}}, "dpmpp-2m"},
    {"ctrl_window",
     {{"controlnet", "control_a", {{"conditioning_scale", "0.9"}, {"start", "0.25"}, {"end", "0.7"}}}},
     "euler",
     8},
    {"ctrl_img2img", {{"controlnet", "control_a", {{"conditioning_scale", "0.8"}, {"end", "0.6"}}}}, "euler", 6, 0.67},
    {"ctrl_map", {{"controlnet", "control_a", {}, "map_0"}}, "euler", 3},
    {"ctrl_guess", {{"controlnet", "control_a", {{"conditioning_scale", "0.8"}, {"guess_mode", "true"}}}}},
    {"ctrl_guess_nocfg",
     {{"controlnet", "control_a", {{"conditioning_scale", "0.8"}, {"guess_mode", "true"}}}},
     "euler",
     2,
     1,
     1},
    {"ctrl_two",
     {{"controlnet", "control_a", {{"conditioning_scale", "0.7"}, {"end", "0.6"}}},
      {"controlnet_b", "control_b", {{"conditioning_scale", "0.45"}, {"start", "0.4"}}}},
     "euler",
     5},
    {"ctrl_two_maps",
     {{"controlnet", "control_a", {}, "map_0"},
      {"controlnet_b", "control_b", {{"conditioning_scale", "0.6"}}, "map_1"}},
     "euler",
     2},
};

class ControlNetRuns : public ::testing::TestWithParam<ControlRun> {
 protected:
  ControlNetRuns() {
    const auto half = [&](const std::string& name, std::int64_t row) {
      return texts_.arrays.at(name).narrow(0, row, 1);
    };
    conditioning_ = {half("prompt_embeds", 1), half("prompt_embeds", 0), half("text_embeds", 1),
                     half("text_embeds", 0),   half("time_ids", 1),      half("time_ids", 0)};
    for (const Net& net : run_.nets) {
      ControlPairs props = net.props;
      props.emplace_back("controlnet", control_data(net.folder).string());
      props.emplace_back("model", model_path());
      props.emplace_back("guidance_scale", std::to_string(run_.guidance));
      nets_.emplace_back(built_in(), "controlnet", props);
      nets_.back().in("image", control_picture(net.hint));
      if (!net.map.empty()) nets_.back().in("map", control_map(net.map));
    }
  }

  const at::Tensor& expected(const std::string& name) const { return vectors_.arrays.at(name); }

  /// Latents as turn `turn` of the run finds them.
  Latents before(int turn) const {
    if (turn > 0) return {expected("latents")[turn - 1]};
    if (run_.strength < 1)
      return {expected("unet_in0").narrow(0, 0, 1) * std::sqrt(std::pow(schedule_.sigma(0), 2) + 1)};
    return {expected("noise") * schedule_.init_noise_sigma()};
  }
  graph::NodeHarness& at_turn(graph::NodeHarness& node, int turn) const {
    return node.in("latents", before(turn))
        .in("conditioning", conditioning_)
        .in("schedule", schedule_)
        .turn(turn, static_cast<int>(schedule_.size()));
  }

  const ControlRun run_ = GetParam();
  const tensors::Npz texts_ = control_vectors("ctrl_scale10"), vectors_ = control_vectors(run_.vectors);
  const schedulers::Schedule schedule_{schedulers::Config::stable_diffusion_xl(),
                                       {.scheduler = run_.scheduler, .steps = run_.steps, .strength = run_.strength}};
  Conditioning conditioning_;
  std::vector<graph::NodeHarness> nets_;
};
INSTANTIATE_TEST_SUITE_P(Sampling, ControlNetRuns, ::testing::ValuesIn(kControlRuns));

TEST_P(ControlNetRuns, EqualDiffusersAtEveryTurn) {
  const at::Tensor scales = expected("conditioning_scale"), noise = expected("noise_pred");
  ASSERT_EQ(static_cast<std::int64_t>(schedule_.size()), noise.size(0));
  graph::NodeHarness predict(built_in(), "unet-predict", {{"model", model_path()}});
  for (int turn = 0; turn < noise.size(0); ++turn) {
    std::vector<graph::Value> residuals;
    for (std::size_t net = 0; net < nets_.size(); ++net) {
      at_turn(nets_[net], turn).run();
      // Outside of its window the original's network is called with a scale of 0; ours is not.
      EXPECT_EQ(nets_[net].sent("residuals"), scales[turn][static_cast<std::int64_t>(net)].item<double>() != 0) << turn;
      residuals.push_back(nets_[net].output("residuals"));
    }
    at::Tensor prompt, negative;
    if (run_.guidance > 1) {
      at_turn(predict, turn).links("residuals", residuals).run();
      prompt = predict.out<Predictions>("predictions").prompt;
      negative = predict.out<Predictions>("predictions").negative;
      EXPECT_LT(reference::difference(negative, noise[turn].narrow(0, 0, 1)), kPredictionTolerance) << turn;
      EXPECT_LT(reference::difference(prompt, noise[turn].narrow(0, 1, 1)), kPredictionTolerance) << turn;
    }
    graph::NodeHarness step(built_in(), "unet-step",
                            {{"model", model_path()}, {"guidance_scale", std::to_string(run_.guidance)}});
    if (run_.scheduler != "euler") continue;  // a multistep scheduler remembers
    at_turn(step, turn).links("residuals", residuals).run();
    EXPECT_LT(reference::difference(step.out<Latents>("latents").tensor, expected("latents")[turn]), 7e-4) << turn;
  }
}

TEST_P(ControlNetRuns, ResidualsEqualDiffusers) {
  int compared = 0;
  for (const auto& [name, tensor] : vectors_.arrays) {
    const std::size_t at = name.find("step");
    if (at == std::string::npos || name.starts_with("unmapped") || name.starts_with("unet_")) continue;
    if (name.find("_down_") == std::string::npos && name.find("_mid") == std::string::npos) continue;
    const int turn = name[at + 4] - '0';
    const std::size_t net = name.starts_with("net1") ? 1 : 0;
    if (expected("conditioning_scale")[turn][static_cast<std::int64_t>(net)].item<double>() == 0) continue;
    at_turn(nets_[net], turn).run();
    const auto& residuals = nets_[net].out<Residuals>("residuals");
    const auto of = [&](const models::UNetResiduals& half) {
      return name.ends_with("mid") ? half.mid : half.down.at(std::stoul(name.substr(name.rfind('_') + 1)));
    };
    EXPECT_LT(reference::difference(of(residuals.prompt), tensor.narrow(0, tensor.size(0) - 1, 1)), kResidualTolerance)
        << name;
    if (tensor.size(0) == 2)
      EXPECT_LT(reference::difference(of(residuals.negative), tensor.narrow(0, 0, 1)), kResidualTolerance) << name;
    else EXPECT_TRUE(residuals.negative.none()) << name;
    ++compared;
  }
  EXPECT_GT(compared, run_.vectors == "ctrl_scale04" ? -1 : 1);
}

/// One net, at the first of four turns.
class ControlNetNodeTest : public ::testing::Test {
 protected:
  ControlNetNodeTest() {
    const auto half = [&](const std::string& name, std::int64_t row) {
      return texts_.arrays.at(name).narrow(0, row, 1);
    };
    conditioning_ = {half("prompt_embeds", 1), half("prompt_embeds", 0), half("text_embeds", 1),
                     half("text_embeds", 0),   half("time_ids", 1),      half("time_ids", 0)};
  }

  graph::NodeHarness inputs(graph::NodeHarness node, int turn) const {
    node.in("latents", latents_).in("conditioning", conditioning_).in("schedule", schedule_).turn(turn, 4);
    return node;
  }
  graph::NodeHarness net(ControlPairs props = {}, int turn = 0, const std::string& folder = "controlnet") const {
    props.emplace_back("controlnet", control_data(folder).string());
    graph::NodeHarness node = inputs({built_in(), "controlnet", props}, turn);
    node.in("image", control_picture("control_a"));
    return node;
  }
  graph::NodeHarness predict(const std::vector<graph::Value>& residuals) const {
    graph::NodeHarness node = inputs({built_in(), "unet-predict", {{"model", model_path()}}}, 0);
    if (!residuals.empty()) node.links("residuals", residuals);
    return node;
  }
  at::Tensor predicted(const std::vector<graph::Value>& residuals) const {
    graph::NodeHarness node = predict(residuals);
    return node.run().out<Predictions>("predictions").prompt;
  }
  static Mask flat_map(double weight, int width = 128, int height = 96) {
    return {cv::Mat(height, width, CV_32FC1, cv::Scalar(weight))};
  }

  const tensors::Npz texts_ = control_vectors("ctrl_scale10");
  const schedulers::Schedule schedule_{schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 4}};
  const Latents latents_{texts_.arrays.at("noise") * schedule_.init_noise_sigma()};
  Conditioning conditioning_;
};

TEST_F(ControlNetNodeTest, AScaleOfZeroABlackMapAndNothingAreOneAndTheSame) {
  const at::Tensor plain = predicted({});
  graph::NodeHarness black = net();
  black.in("map", flat_map(0)).run();
  EXPECT_TRUE(predicted({black.output("residuals")}).equal(plain));
  graph::NodeHarness zero = net({{"conditioning_scale", "0"}});
  EXPECT_FALSE(zero.run().sent("residuals"));
  EXPECT_TRUE(predicted({graph::Value()}).equal(plain));
  graph::NodeHarness one = net();
  one.run();
  EXPECT_FALSE(predicted({one.output("residuals")}).equal(plain));
}

TEST_F(ControlNetNodeTest, AnEvenMapIsAScale) {
  graph::NodeHarness mapped = net(), scaled = net({{"conditioning_scale", "0.4"}});
  mapped.in("map", flat_map(0.4)).run();
  scaled.run();
  const at::Tensor a = predicted({mapped.output("residuals")}), b = predicted({scaled.output("residuals")});
  EXPECT_LT(reference::difference(a, b), 1e-6);
}

/// A map is its own net's: of two nets, one with a map that covers nothing, the other is alone.
TEST_F(ControlNetNodeTest, TwoNetsAndOneMap) {
  graph::NodeHarness black = net(), other = net({{"conditioning_scale", "0.7"}}), mapped = net();
  black.in("map", flat_map(0)).run();
  other.run();
  mapped.in("map", flat_map(0.5)).run();
  const at::Tensor alone = predicted({other.output("residuals")});
  EXPECT_TRUE(predicted({black.output("residuals"), other.output("residuals")}).equal(alone));
  const at::Tensor both = predicted({mapped.output("residuals"), other.output("residuals")});
  graph::NodeHarness sum = net({{"conditioning_scale", "1.2"}});
  sum.run();
  EXPECT_LT(reference::difference(both, predicted({sum.output("residuals")})), 1e-5) << "0.5 and 0.7 of one hint";
}

TEST_F(ControlNetNodeTest, RowsWithAndWithoutResidualsShareACall) {
  graph::NodeHarness control = net();
  control.run();
  graph::NodeHarness with = predict({control.output("residuals")}), without = predict({});
  const at::Tensor alone = with.run().out<Predictions>("predictions").prompt,
                   plain = without.run().out<Predictions>("predictions").prompt;
  EXPECT_EQ(with.batch_key(), without.batch_key());
  graph::NodeHarness::run_batch({&with, &without});
  EXPECT_LT(reference::difference(with.out<Predictions>("predictions").prompt, alone), 1e-5);
  EXPECT_LT(reference::difference(without.out<Predictions>("predictions").prompt, plain), 1e-5);
}

TEST_F(ControlNetNodeTest, RowsOfABatchAreWhatTheyAreAlone) {
  graph::NodeHarness plain = net(), guess = net({{"guess_mode", "true"}}, 2), alone = net({{"guidance_scale", "1"}});
  guess.in("map", flat_map(0.5));
  const std::vector<graph::NodeHarness*> rows{&plain, &guess, &alone};
  std::vector<Residuals> expected;
  for (graph::NodeHarness* row : rows) {
    expected.push_back(row->run().out<Residuals>("residuals"));
    EXPECT_EQ(row->batch_key(), plain.batch_key());
    row->end_item();
  }
  graph::NodeHarness::run_batch(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& found = rows[i]->out<Residuals>("residuals");
    EXPECT_LT(reference::difference(found.prompt.mid, expected[i].prompt.mid), 1e-5) << i;
    EXPECT_LT(reference::difference(found.prompt.down[0], expected[i].prompt.down[0]), 1e-5) << i;
    EXPECT_EQ(found.negative.none(), i > 0) << i;
    EXPECT_EQ(found.guess, i == 1) << i;
  }
}

TEST_F(ControlNetNodeTest, TheHintIsLookedAtAgainWhenItIsAnother) {
  graph::NodeHarness node = net();
  const at::Tensor first = node.run().out<Residuals>("residuals").prompt.mid;
  const at::Tensor other = node.in("image", control_picture("control_b")).run().out<Residuals>("residuals").prompt.mid;
  EXPECT_FALSE(other.equal(first));
  EXPECT_TRUE(node.in("image", control_picture("control_a")).run().out<Residuals>("residuals").prompt.mid.equal(first));
}

TEST_F(ControlNetNodeTest, WindowsCountTheTurnsThatAreRun) {
  const auto counted = [&](const std::string& start, const std::string& end) {
    std::string turns;
    for (int turn = 0; turn < 4; ++turn) {
      graph::NodeHarness node = net({{"start", start}, {"end", end}}, turn);
      turns += node.run().sent("residuals") ? '1' : '0';
    }
    return turns;
  };
  EXPECT_EQ(counted("0", "1"), "1111");
  EXPECT_EQ(counted("0.25", "0.75"), "0110");
  EXPECT_EQ(counted("0.3", "1"), "0011");
  EXPECT_EQ(counted("0", "0.2"), "0000");
}

TEST_F(ControlNetNodeTest, FedScalesCount) {
  graph::NodeHarness scaled = net({{"conditioning_scale", "0.4"}}), fed = net();
  const at::Tensor expected = scaled.run().out<Residuals>("residuals").prompt.mid;
  EXPECT_TRUE(fed.feed("conditioning_scale", 0.4).run().out<Residuals>("residuals").prompt.mid.equal(expected));
}

TEST_F(ControlNetNodeTest, HalvesHaveToBeThere) {
  graph::NodeHarness alone = net({{"guidance_scale", "1"}}), guess = net({{"guess_mode", "true"}}), both = net();
  for (graph::NodeHarness* node : {&alone, &guess, &both}) node->run();
  EXPECT_THAT(thrown_by([&] { predicted({alone.output("residuals")}); }),
              HasSubstr("made for the prompt alone, and there is guidance: give controlnet the same guidance_scale"));
  EXPECT_THAT(thrown_by([&] {
                predicted({both.output("residuals"), guess.output("residuals")});
              }),
              HasSubstr("it is for all ControlNets or for none"));
}

TEST_F(ControlNetNodeTest, HintsAndMapsThatCannotBe) {
  const auto refusal = [&](const Image& hint, const std::optional<Mask>& map) {
    graph::NodeHarness node = net();
    node.in("image", hint);
    if (map) node.in("map", *map);
    return thrown_by([&] { node.run(); });
  };
  EXPECT_EQ(
      refusal(flat(140, 75, 0.5), {}),
      "the hint has 140 x 75 px, and latents of 16 x 12 cells are of a picture of 128 x 96 px: bring it to that size "
      "(resize, filter: lanczos-8bit)");
  EXPECT_THAT(refusal(flat(128, 96, 0.5), flat_map(1, 64, 48)),
              HasSubstr("the map has 64 x 48 px, and the hint 128 x 96 px"));
  EXPECT_THAT(refusal(flat(128, 96, NAN), {}), HasSubstr("the hint holds what is not a number"));
  EXPECT_THAT(refusal(flat(128, 96, 0.5), flat_map(NAN)), HasSubstr("the map holds what is not a number"));
}

TEST_F(ControlNetNodeTest, WhatIsToldBeforeTheRun) {
  const auto refusal = [&](ControlPairs props, const std::string& folder = "controlnet") {
    props.emplace_back("controlnet", control_data(folder).string());
    return refusal_of("controlnet", props);
  };
  EXPECT_THAT(refusal({{"start", "0.7"}, {"end", "0.7"}}), HasSubstr("start 0.7 is not before end 0.7"));
  EXPECT_THAT(refusal({{"model", model_path()}}, "sd1_controlnet"),
              HasSubstr("it is for Stable Diffusion 1.x or 2.x, and the model is a Stable Diffusion XL"));
  EXPECT_THAT(refusal({}, "vectors"), HasSubstr("holds no .safetensors file"));
  EXPECT_EQ(refusal({{"model", model_path()}}), "");
  EXPECT_THAT(refusal({{"controlnets", "a"}}), HasSubstr("controlnets: is in the place of controlnet"));
  EXPECT_THAT(refusal_of("controlnet", {}), HasSubstr("controlnet: is empty: give a ControlNet"));
}

TEST_F(ControlNetNodeTest, OneOfSeveralIsTaken) {
  const std::string both = control_data("controlnet").string() + ", " + control_data("controlnet_b").string();
  const auto numbered = [&](const std::string& number) {
    graph::NodeHarness node = inputs({built_in(), "controlnet", {{"controlnets", both}, {"number", number}}}, 0);
    node.in("image", control_picture("control_a")).run();
    return node;
  };
  graph::NodeHarness second = net({}, 0, "controlnet_b");
  second.run();
  const at::Tensor due = second.out<Residuals>("residuals").prompt.mid;
  EXPECT_TRUE(numbered("1").out<Residuals>("residuals").prompt.mid.equal(due));
  EXPECT_FALSE(numbered("0").out<Residuals>("residuals").prompt.mid.equal(due));
  EXPECT_FALSE(numbered("2").sent("residuals")) << "there are two";
}

/// Collage Diffusion's: latents as they are, and nothing less at finer resolutions.
TEST_F(ControlNetNodeTest, GuessModeMaySeeLatentsAsTheyAre) {
  const auto made = [&](ControlPairs props) {
    props.emplace_back("guess_mode", "true");
    graph::NodeHarness node = net(props);
    return node.run().out<Residuals>("residuals").prompt;
  };
  const models::UNetResiduals plain = made({}), even = made({{"guess_powers", "false"}});
  EXPECT_LT(reference::difference(even.down[0] * 0.1, plain.down[0]), 1e-6);
  EXPECT_TRUE(even.mid.equal(plain.mid));
  EXPECT_FALSE(made({{"guess_input", "unscaled"}}).mid.equal(plain.mid));
}

TEST_F(ControlNetNodeTest, AnotherFamilysTextsAreNamed) {
  graph::NodeHarness node = net({}, 0, "sd1_controlnet");
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("controlnet: encoder_hidden_states: expected (B, tokens, 24)"));
}

TEST(ControlNetStableDiffusion1, ResidualsEqualDiffusers) {
  for (const std::string run : {"sd1_ctrl", "sd1_ctrl_guess"}) {
    const tensors::Npz vectors = control_vectors(run);
    const tensors::Npz texts = control_vectors("sd1_ctrl");
    const bool guess = run == "sd1_ctrl_guess";
    const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(),
                                        {.scheduler = guess ? "pndm" : "ddim", .steps = 4});
    ASSERT_EQ(schedule.timestep(0), vectors.arrays.at("timesteps")[0].item<double>());
    graph::NodeHarness node(built_in(), "controlnet",
                            {{"controlnet", control_data("sd1_controlnet").string()},
                             {"conditioning_scale", guess ? "1" : "0.8"},
                             {"guess_mode", guess ? "true" : "false"}});
    const at::Tensor prompts = texts.arrays.at("prompt_embeds");
    node.in("image", control_picture("sd1_control"))
        .in("latents", Latents{vectors.arrays.at("unet_in0").narrow(0, 0, 1)})
        .in("conditioning", Conditioning{prompts.narrow(0, 1, 1), prompts.narrow(0, 0, 1), {}, {}, {}, {}})
        .in("schedule", schedule)
        .turn(0, static_cast<int>(schedule.size()))
        .run();
    const auto& found = node.out<Residuals>("residuals");
    for (const auto& [name, tensor] : vectors.arrays) {
      if (!name.starts_with("step0_")) continue;
      const bool mid = name == "step0_mid";
      const std::size_t i = mid ? 0 : std::stoul(name.substr(11));
      EXPECT_LT(reference::difference(mid ? found.prompt.mid : found.prompt.down.at(i),
                                      tensor.narrow(0, tensor.size(0) - 1, 1)),
                kResidualTolerance)
          << run << " " << name;
      if (guess) continue;
      EXPECT_LT(reference::difference(mid ? found.negative.mid : found.negative.down.at(i), tensor.narrow(0, 0, 1)),
                kResidualTolerance)
          << run << " " << name;
    }
  }
}

TEST(ControlNetWeights, PooledResidualsAreTheirMeansByThePlainScale) {
  const models::UNetResiduals residuals{.down = {at::randn({1, 3, 4, 6}), at::randn({1, 5, 2, 3})},
                                        .mid = at::randn({1, 5, 2, 3})};
  const models::UNetResiduals pooled = models::weighed(residuals, {.scale = 0.5, .guess = true}, true);
  EXPECT_LT(reference::difference(pooled.down[0], (residuals.down[0].mean({2, 3}, true) / 2).expand({1, 3, 4, 6})),
            1e-6);
  EXPECT_LT(reference::difference(pooled.mid, (residuals.mid.mean({2, 3}, true) / 2).expand({1, 5, 2, 3})), 1e-6);
  const models::UNetResiduals guess = models::weighed(residuals, {.scale = 2, .guess = true}, false);
  EXPECT_LT(reference::difference(guess.down[0], residuals.down[0] * 0.2), 1e-6);
  EXPECT_LT(reference::difference(guess.mid, residuals.mid * 2), 1e-6);
}

}  // namespace
}  // namespace nodes
