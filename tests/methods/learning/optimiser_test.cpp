// SPDX-License-Identifier: MIT
#include "methods/learning/optimiser.h"

#include <gmock/gmock.h>

#include "tensors/npz.h"

namespace learning {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

struct AdamwCase {
  const char* name;
  double rate;
  Adamw::Settings settings;
  double max_norm;
};

TEST(Adamw, IsTorchs) {
  const std::string path = std::string(SOURCE_DIR) + "/tests/data/sd_pixl/adamw.npz";
  const tensors::Npz file = tensors::read_npz(path);
  for (const AdamwCase& one : {AdamwCase{"c0", 0.025, {}, 1.0}, AdamwCase{"c1", 0.1, {0.8, 0.99, 0.1, 1e-3}, 0}}) {
    const auto stored = [&](const char* what) { return file.at(std::string(one.name) + "_" + what, path); };
    Tensors theta{stored("theta0")};
    Optimiser adam{std::make_shared<Adamw>(one.settings), Rate(one.rate, {}), one.max_norm};
    for (std::int64_t k = 0; k < 6; ++k) {
      SCOPED_TRACE(std::string(one.name) + " " + std::to_string(k));
      const Tensors gradients{stored("grads")[k]};
      if (one.max_norm > 0) {
        EXPECT_NEAR(norm_of(gradients).item<double>(), stored("norm")[k].item<double>(), 1e-6);
        EXPECT_LT(difference(clipped(gradients, norm_of(gradients), 1)[0], stored("clipped")[k]), 1e-7);
      }
      const Stepped made = stepped(adam, theta, gradients, 6);
      adam = made.optimiser;
      theta = made.parameters;
      EXPECT_LT(difference(theta[0], stored("theta")[k]), 1e-6);
      EXPECT_LT(difference(adam.memory.moments[0][0], stored("m")[k]), 1e-7);
      EXPECT_LT(difference(adam.memory.moments[1][0], stored("v")[k]), 1e-7);
    }
  }
}

TEST(Optimiser, WritesToNothing) {
  const at::Tensor parameter = at::ones({3}), gradient = at::full({3}, 2.0), before = parameter.clone();
  const Optimiser start{std::make_shared<Adamw>(Adamw::Settings{}), Rate(0.1, {}), 1.0};
  const Stepped once = stepped(start, {parameter}, {gradient}, 10);
  const at::Tensor kept = once.optimiser.memory.moments[0][0].clone(), moved = once.parameters[0].clone();
  stepped(once.optimiser, once.parameters, {gradient}, 10);
  EXPECT_TRUE(parameter.equal(before));
  EXPECT_TRUE(gradient.equal(at::full({3}, 2.0)));
  EXPECT_TRUE(once.optimiser.memory.moments[0][0].equal(kept));
  EXPECT_TRUE(once.parameters[0].equal(moved));
  EXPECT_EQ(start.memory.steps, 0);
  EXPECT_EQ(once.optimiser.memory.steps, 1);
}

TEST(Optimiser, SeveralTensorsHaveOneNorm) {
  const Tensors gradients{at::full({1}, 3.0), at::full({1}, 4.0)};
  EXPECT_NEAR(norm_of(gradients).item<double>(), 5, 1e-6);
  EXPECT_NEAR(clipped(gradients, norm_of(gradients), 1)[1].item<double>(), 0.8, 1e-6);
  EXPECT_EQ(clipped(gradients, norm_of(gradients), 9)[1].item<double>(), 4);
}

TEST(Rules, AreMadeAgain) {
  for (const auto& rule :
       std::vector<std::shared_ptr<const Rule>>{std::make_shared<Adamw>(Adamw::Settings{0.1, 0.2, 0.3, 0.4}),
                                                std::make_shared<Sgd>(Sgd::Settings{0.1, 0.2})}) {
    const auto again = rule_named(rule->name(), rule->numbers());
    EXPECT_EQ(again->name(), rule->name());
    EXPECT_EQ(again->numbers(), rule->numbers());
  }
  EXPECT_THROW(rule_named("adamw", {1}), std::invalid_argument);
  EXPECT_THROW(rule_named("adam", {}), std::invalid_argument);
}

TEST(Sgd, GoesDownhill) {
  Optimiser plain{std::make_shared<Sgd>(Sgd::Settings{}), Rate(0.5, {})};
  EXPECT_NEAR(stepped(plain, {at::ones({1})}, {at::ones({1})}, 1).parameters[0].item<double>(), 0.5, 1e-7);
  Optimiser heavy{std::make_shared<Sgd>(Sgd::Settings{.momentum = 0.5, .weight_decay = 0.1}), Rate(0.5, {})};
  Tensors x{at::ones({1})};
  for (int k = 0; k < 2; ++k) {
    const Stepped made = stepped(heavy, x, {at::ones({1})}, 2);
    x = made.parameters;
    heavy = made.optimiser;
  }
  // 1 → 0.95 − 0.5 = 0.45 → 0.4275 − 0.5 · 1.5
  EXPECT_NEAR(x[0].item<double>(), 0.4275 - 0.75, 1e-6);
}

TEST(Optimiser, RefusesWhatDoesNotFit) {
  const Optimiser start{std::make_shared<Adamw>(Adamw::Settings{}), Rate(0.1, {})};
  EXPECT_THAT(
      [&] {
        stepped(start, {at::ones({2, 3})}, {at::ones({3})}, 1);
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("a gradient of the shape [3] for a parameter of [2, 3]")));
  EXPECT_THROW(stepped(start, {at::ones({1})}, {}, 1), std::invalid_argument);
  const Optimiser used = stepped(start, {at::ones({2})}, {at::ones({2})}, 1).optimiser;
  EXPECT_THAT([&] { stepped(used, {at::ones({3})}, {at::ones({3})}, 1); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("has been used for other parameters")));
}

}  // namespace
}  // namespace learning
