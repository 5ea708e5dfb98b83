// SPDX-License-Identifier: MIT
// What SD-piXL drew from numpy's and torch's generators: tests/data/sd_pixl/README.md.
#include <gtest/gtest.h>

#include "tensors/generator.h"
#include "tensors/numpy_random_state.h"
#include "tests/reference.h"

namespace tensors {
namespace {

const at::Tensor& stored(const std::string& name) {
  static const std::string path = std::string(SOURCE_DIR) + "/tests/data/sd_pixl/draws.npz";
  static const Npz npz = read_npz(path);
  return npz.at(name, path);
}

float unit(Generator& torch) {
  return torch.rand({1}).item<float>();
}

/// The corners of a perspective: each a little inside of those of a square picture.
at::Tensor corners(Generator& torch, std::int64_t side, double scale) {
  const auto reach = static_cast<std::int64_t>(scale * static_cast<double>(side / 2));
  std::vector<std::int64_t> drawn;
  for (const bool far : {false, false, true, false, true, true, false, true}) {
    drawn.push_back(far ? torch.randint(side - reach - 1, side) : torch.randint(0, reach + 1));
  }
  return at::tensor(drawn, at::TensorOptions(at::kLong));
}

TEST(OriginalDraws, OfNormalNumbers) {
  EXPECT_TRUE(Generator(0).randn({8, 8, 6}).equal(stored("theta0_raw0")));
  EXPECT_TRUE(Generator(42).randn({3, 5, 4}).equal(stored("theta0_raw1")));
  EXPECT_TRUE(Generator(5).randn({1, 3, 4}).equal(stored("theta0_raw2")));
}

TEST(OriginalDraws, OfUniformAndExponentialNumbers) {
  const at::Tensor& scores = stored("palette_random_scores");
  EXPECT_TRUE(Generator(3).rand(scores.sizes()).equal(scores));
  const at::Tensor& exponential = stored("render_exponential");
  EXPECT_TRUE(Generator(3).exponential(exponential.sizes()).equal(exponential));
}

TEST(OriginalDraws, OneByOne) {
  Generator torch(3);
  NumpyRandomState numpy(3);
  for (int i = 0; i < 32; ++i) EXPECT_EQ(torch.randint(20, 981), stored("t_draws")[i].item<std::int64_t>());
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(static_cast<float>(numpy.uniform(.5, 1.5)), stored("tau_draws")[i].item<float>());
  }
}

TEST(OriginalDraws, OfAnAugmentation) {
  for (const std::string name : {"case_p_", "casegp_", "case_pf", "casegpf"}) {
    const std::string key = "augment_" + name + "_";
    Generator torch(stored(key + "seed").item<std::int64_t>());
    EXPECT_EQ(unit(torch), stored(key + "u")[0].item<float>()) << name;
    EXPECT_EQ(unit(torch), stored(key + "u")[1].item<float>()) << name;
    EXPECT_TRUE(corners(torch, 32, 0.4).equal(stored(key + "corners"))) << name;
    EXPECT_EQ(unit(torch), stored(key + "u")[2].item<float>()) << name;
  }
}

struct Run {
  std::string name;
  bool gumbel, sampled;
  std::vector<std::pair<int, int>> timesteps;  ///< of each step: the lowest and the highest
};

/// Each generator is drawn from in the original's order.
void expect_run(const Run& run) {
  Generator torch(7);
  NumpyRandomState numpy(7);
  const at::Tensor& theta = stored(run.name + "theta0_randn");
  EXPECT_TRUE(torch.randn(theta.sizes()).equal(theta));
  for (int k = 0; k < 5; ++k) {
    const auto due = [&](const std::string& name) { return stored(run.name + name)[k]; };
    const double tau = numpy.uniform(.5, 1.5);
    if (run.gumbel) {
      EXPECT_EQ(static_cast<float>(tau), due("tau").item<float>());
      EXPECT_TRUE(torch.exponential(due("exponential").sizes()).equal(due("exponential")));
    }
    EXPECT_EQ(unit(torch), due("aug_u")[0].item<float>());
    const float perspective = unit(torch);
    EXPECT_EQ(perspective, due("aug_u")[1].item<float>());
    if (perspective < .5F) {
      EXPECT_TRUE(corners(torch, 64, 0.3).equal(due("aug_corners")));
    }
    EXPECT_EQ(unit(torch), due("aug_u")[2].item<float>());
    if (run.sampled) {
      EXPECT_TRUE(torch.randn({1, 4, 8, 8})[0].equal(due("kl_noise")));
    }
    const auto [lowest, highest] = run.timesteps[k];
    EXPECT_EQ(torch.randint(lowest, highest + 1), due("t").item<std::int64_t>());
    EXPECT_TRUE(torch.randn({1, 4, 8, 8})[0].equal(due("noise")));
  }
}

TEST(OriginalDraws, OfWholeRuns) {
  expect_run({"gumbel_", true, false, {{20, 980}, {20, 908}, {20, 836}, {20, 800}, {20, 800}}});
  expect_run({"kl_", false, true, {{788, 980}, {596, 788}, {404, 596}, {211, 404}, {20, 211}}});
}

}  // namespace
}  // namespace tensors
