// SPDX-License-Identifier: MIT
#include "methods/learning/optimiser.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

learning::Optimiser adam(double rate = 0.1, double max_norm = 0) {
  return {std::make_shared<learning::Adamw>(learning::Adamw::Settings{}), learning::Rate(rate, {}), max_norm};
}

graph::NodeHarness optimise(const Latents& latents, const learning::Optimiser& optimiser = adam()) {
  graph::NodeHarness node(built_in(), "optimise");
  node.in("parameters", graph::Value::of(latents)).in("optimiser", optimiser).turn(3, 10);
  return node;
}

graph::Value loss(const at::Tensor& tensor) {
  return graph::Value::of(Loss{tensor});
}

/// Some latents as a loop's turn begins with them.
Latents start() {
  return Latents{tensors::Generator(1).randn({1, 4, 2, 3})}.leaf();
}

TEST(Optimise, MakesTheStepOfAPlainProgram) {
  const Latents latents = start();
  const at::Tensor loss_now = (latents.tensor.square() * 0.5).sum();
  graph::NodeHarness node = optimise(latents);
  node.links("loss", {loss(loss_now)}).run();
  const at::Tensor gradient = latents.tensor.detach();  // of half the square
  const learning::Stepped plain = learning::stepped(adam(), {latents.tensor.detach()}, {gradient}, 10);
  EXPECT_TRUE(node.output("parameters").as<Latents>().tensor.equal(plain.parameters[0]));
  EXPECT_FALSE(node.output("parameters").as<Latents>().tensor.requires_grad());
  EXPECT_EQ(node.out<learning::Optimiser>("optimiser").memory.steps, 1);
  EXPECT_NEAR(node.out<double>("loss"), loss_now.item<double>(), 1e-5);
  EXPECT_NEAR(node.out<double>("norm"), gradient.norm().item<double>(), 1e-5);
  EXPECT_EQ(node.out<double>("rate"), 0.1);
  const std::vector<std::pair<std::string, double>> told{
      {"loss", node.out<double>("loss")}, {"norm", node.out<double>("norm")}, {"rate", 0.1}};
  EXPECT_EQ(node.scalars(), told);
}

TEST(Optimise, GoesBackFromAGradientAtLatents) {
  const Latents state = start();
  const Latents code{state.tensor * 3};
  const at::Tensor at_code = tensors::Generator(2).randn({1, 4, 2, 3});
  graph::NodeHarness node =
      optimise(state, {std::make_shared<learning::Sgd>(learning::Sgd::Settings{}), learning::Rate(1, {})});
  node.in("latents", code).in("gradient", Gradient{at_code}).links("loss", {loss(state.tensor.sum())}).run();
  const at::Tensor expected = state.tensor.detach() - (at_code * 3 + 1);
  EXPECT_LT(reference::difference(node.output("parameters").as<Latents>().tensor, expected), 1e-6);
}

TEST(Optimise, AWordIsLearnedInAllItsVectors) {
  const Token token = Token{"<x>", at::ones({1, 3}), at::ones({1, 2})}.leaf();
  graph::NodeHarness node(built_in(), "optimise");
  node.in("parameters", graph::Value::of(token)).in("optimiser", adam());
  node.links("loss", {loss(token.vectors.sum() + token.vectors_2.sum() * 2)}).run();
  const Token& next = node.output("parameters").as<Token>();
  EXPECT_EQ(next.word, "<x>");
  EXPECT_LT(next.vectors.max().item<float>(), 1);
  EXPECT_LT(next.vectors_2.max().item<float>(), 1);
}

TEST(Optimise, Errors) {
  const auto refused = [](graph::NodeHarness node) { return thrown_by([&] { node.run(); }); };
  const Latents state = start();
  graph::NodeHarness nan = optimise(state);
  nan.links("loss", {loss((state.tensor * NAN).sum())});
  EXPECT_THAT(refused(std::move(nan)), HasSubstr("the loss is not a number (NaN or infinite) in turn 3"));
  graph::NodeHarness steep = optimise(start());
  const Latents zero = Latents{at::zeros({1, 1, 1, 1})}.leaf();
  steep.in("parameters", graph::Value::of(zero)).links("loss", {loss(zero.tensor.sqrt().sum())});
  EXPECT_THAT(refused(std::move(steep)), HasSubstr("the gradient is not a number (NaN or infinite) in turn 3"));
  graph::NodeHarness other = optimise(state);
  other.in("latents", Latents{state.tensor * 2}).in("gradient", Gradient{at::ones({1, 4, 2, 2})});
  EXPECT_EQ(refused(std::move(other)), "a gradient of the shape [1, 4, 2, 2] for latents of the shape [1, 4, 2, 3]");
  graph::NodeHarness cut = optimise(state);
  cut.links("loss", {loss(at::ones({}))});
  EXPECT_THAT(refused(std::move(cut)), HasSubstr("what came at 'loss' does not depend on the parameters"));
  EXPECT_THAT(refused(optimise(state)), HasSubstr("nothing came that could be optimised for"));
  graph::NodeHarness half = optimise(state);
  half.in("latents", Latents{state.tensor * 2});
  EXPECT_THAT(refused(std::move(half)), HasSubstr("latents and gradient go together"));
  graph::NodeHarness image(built_in(), "optimise");
  image.in("parameters", graph::Value::of(flat(2, 2, 1))).in("optimiser", adam());
  EXPECT_THAT(refused(std::move(image)), HasSubstr("a image cannot be optimised"));
}

}  // namespace
}  // namespace nodes
