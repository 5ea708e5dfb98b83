// SPDX-License-Identifier: MIT
#include "tools/train_embedded/parameters.h"

#include <gmock/gmock.h>

#include <cmath>

#include "models/networks/layers.h"
#include "tensors/npz.h"

namespace train_embedded {
namespace {

/// y = conv(x) + something that a linear layer makes of the mean.
struct Network {
  explicit Network(models::ParameterSource& source)
      : conv(models::ParameterPath(source, table) / "conv", 2, 3),
        linear(models::ParameterPath(source, table) / "linear", 3, 3) {}
  at::Tensor operator()(const at::Tensor& x) const { return linear(conv(x).mean({2, 3})); }

  models::ParameterTable table{};
  models::Conv2d conv;
  models::Linear linear;
};

Layout layout() {
  Layout layout;
  Network{layout};
  return layout;
}

void learn(const Network& network, Parameters& parameters, int from, int to) {
  for (int i = from; i < to; ++i) {
    tensors::Generator generator(i);
    const at::Tensor x = generator.randn({4, 2, 5, 5});
    (network(x) - x.mean({1, 2, 3}).unsqueeze(1)).square().mean().backward();
    parameters.step({.learning_rate = 0.01});
  }
}

TEST(Parameters, ViewsHaveTheShapesThatWereAskedFor) {
  Parameters parameters(layout(), 1);
  const Network network(parameters);
  EXPECT_EQ(parameters.count(), 3 * 2 * 9 + 3 + 9 + 3);
  EXPECT_EQ(network.conv.weight.sizes(), at::IntArrayRef({3, 2, 3, 3}));
  EXPECT_TRUE(network.conv.weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(network.linear.weight.requires_grad());
}

TEST(Parameters, RefuseWhatTheLayoutDoesNotHave) {
  Parameters parameters(layout(), 1);
  EXPECT_THROW(parameters.get("conv.weight", {3, 2, 1, 1}), std::logic_error);
  EXPECT_THROW(parameters.get("other", {3}), std::logic_error);
}

TEST(Parameters, FirstStepIsTheLearningRateAgainstTheGradientsSign) {
  Parameters parameters(layout(), 1);
  const Network network(parameters);
  const at::Tensor before = network.linear.bias.detach().clone();
  (network.linear.bias * at::tensor({3.0f, -0.5f, 2.0f})).sum().backward();
  const double norm = parameters.step({.learning_rate = 0.1, .max_norm = 100});
  EXPECT_NEAR(norm, std::sqrt(9 + 0.25 + 4), 1e-5);
  EXPECT_TRUE(at::allclose(network.linear.bias.detach() - before, at::tensor({-0.1f, 0.1f, -0.1f}), 1e-4));
}

TEST(Parameters, StepOverAGradientThatIsNoNumber) {
  Parameters parameters(layout(), 1);
  const Network network(parameters);
  const at::Tensor before = network.linear.weight.detach().clone();
  (network.linear.weight * NAN).sum().backward();
  EXPECT_FALSE(std::isfinite(parameters.step({.learning_rate = 0.1})));
  EXPECT_TRUE(at::equal(network.linear.weight.detach(), before));
}

TEST(Parameters, LearnAndGoOnFromACheckpointAsIfNothingHadBeen) {
  Parameters whole(layout(), 1), half(layout(), 1), rest(layout(), 2);
  const Network a(whole), b(half), c(rest);
  learn(a, whole, 0, 40);
  learn(b, half, 0, 20);
  const auto file = std::filesystem::path(::testing::TempDir()) / "parameters.safetensors";
  half.save(file);
  rest.load(file);
  learn(c, rest, 20, 40);
  EXPECT_EQ(rest.steps(), 40);
  EXPECT_TRUE(at::equal(a.conv.weight, c.conv.weight));
  EXPECT_TRUE(at::equal(whole.mean_of("conv.")[0].second, rest.mean_of("conv.")[0].second));
  const at::Tensor ones = at::ones({1, 2, 5, 5});
  Parameters unlearned(layout(), 1);
  EXPECT_LT((a(ones) - 1).norm().item<double>(), 0.5 * (Network(unlearned)(ones) - 1).norm().item<double>());
}

TEST(Parameters, RefuseACheckpointOfAnotherNetwork) {
  Parameters parameters(layout(), 1);
  const auto file = std::filesystem::path(::testing::TempDir()) / "parameters_of_another.safetensors";
  parameters.save(file);
  Layout other;
  other.get("one", {5});
  Parameters others(std::move(other), 1);
  EXPECT_THROW(others.load(file), tensors::FileError);
}

TEST(Parameters, SwapTheMeanInAndOut) {
  Parameters parameters(layout(), 1);
  const Network network(parameters);
  learn(network, parameters, 0, 10);
  const at::Tensor weights = network.linear.weight.detach().clone();
  parameters.swap_mean();
  EXPECT_FALSE(at::equal(network.linear.weight.detach(), weights));
  parameters.swap_mean();
  EXPECT_TRUE(at::equal(network.linear.weight.detach(), weights));
}

}  // namespace
}  // namespace train_embedded
