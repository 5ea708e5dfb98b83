// SPDX-License-Identifier: MIT
// Gradients through nodes, against differences of what they send.
#include "nodes/picture_tensors.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

std::string mini() {
  return (reference::sdxl("mini") / "model").string();
}

/// d/ds f(x + s·way) at 0, by differences in float64 of float32 numbers: far enough apart that rounding does not count.
template <class F>
double slope(const F& f, const at::Tensor& x, const at::Tensor& way, double step) {
  return (f(x + step * way) - f(x - step * way)) / (2 * step);
}

/// What a function from numbers to one number, which records where it is asked to, says of its gradient in a direction.
template <class F>
void expect_gradient(const F& f, const at::Tensor& x, double step = 1e-2, double tolerance = 2e-2) {
  const at::Tensor way = tensors::Generator(99).randn(x.sizes()) / std::sqrt(static_cast<double>(x.numel()));
  const at::Tensor leaf = tensors::leaf(x);
  const at::Tensor end = f(leaf, true);
  const double exact = (tensors::gradients({{end}}, {leaf})[0] * way).sum().template item<double>();
  const at::NoGradGuard none;
  const double measured =
      slope([&](const at::Tensor& at) { return f(at, false).template item<double>(); }, x, way, step);
  EXPECT_NEAR(exact, measured, tolerance * std::max(std::abs(measured), 1e-3));
  EXPECT_GT(std::abs(measured), 1e-6) << "a function that says something";
}

/// A weighted sum of all numbers, so that each counts differently.
at::Tensor weighed(const at::Tensor& t) {
  return (t * tensors::Generator(5).randn(t.sizes())).mean() * 10;
}

void record(graph::NodeHarness& node, bool records) {
  if (records) node.record();
}

TEST(Differentiation, VaeEncode) {
  const auto encoded = [&](const at::Tensor& x, bool records) {
    graph::NodeHarness node(built_in(), "vae-encode", {{"model", mini()}, {"mode", "mean"}});
    record(node, records);
    return weighed(node.in("rendering", Rendering{x}).run().out<Latents>("latents").tensor);
  };
  expect_gradient(encoded, tensors::Generator(1).rand({1, 3, 32, 24}));
}

TEST(Differentiation, VaeEncodeOfARenderingIsThatOfThePicture) {
  const at::Tensor picture = tensors::Generator(1).rand({1, 3, 16, 24});
  const auto encoded = [&](auto&& give) {
    graph::NodeHarness node(built_in(), "vae-encode", {{"model", mini()}, {"mode", "mean"}});
    give(node);
    return node.run().out<Latents>("latents").tensor;
  };
  const at::Tensor a = encoded([&](graph::NodeHarness& node) { node.in("rendering", Rendering{picture}); });
  const at::Tensor b = encoded([&](graph::NodeHarness& node) { node.in("image", to_image(picture)); });
  EXPECT_TRUE(a.equal(b));
}

TEST(Differentiation, VaeDecode) {
  const auto decoded = [&](const at::Tensor& x, bool records) {
    graph::NodeHarness node(built_in(), "vae-decode", {{"model", mini()}});
    record(node, records);
    return weighed(node.unwanted("image").in("latents", Latents{x}).run().out<Rendering>("rendering").tensor);
  };
  expect_gradient(decoded, tensors::Generator(2).randn({1, 4, 4, 6}));
}

/// A word is learned through the text encoders and the denoiser.
TEST(Differentiation, TextEncodeAndUnetPredict) {
  const at::Tensor latents = tensors::Generator(3).randn({1, 4, 8, 8});
  graph::NodeHarness levels(built_in(), "schedule", {{"model", mini()}, {"scheduler", "ddim"}, {"steps", "10"}});
  levels.run();
  graph::NodeHarness fresh(built_in(), "start-token", {{"model", mini()}, {"word", "<x>"}, {"from", "a"}});
  const Token token = fresh.run().out<Token>("token");
  const auto predicted = [&](const at::Tensor& x, bool records) {
    graph::NodeHarness text(built_in(), "text-encode",
                            {{"model", mini()}, {"prompt", "a <x>"}, {"width", "64"}, {"height", "64"}});
    record(text, records);
    text.links("tokens", {graph::Value::of(Token{"<x>", x, token.vectors_2})}).run();
    graph::NodeHarness predict(built_in(), "unet-predict", {{"model", mini()}, {"prompt_alone", "true"}});
    record(predict, records);
    predict.in("latents", Latents{latents})
        .in("conditioning", text.out<Conditioning>("conditioning"))
        .in("schedule", levels.out<schedulers::Schedule>("schedule"))
        .in("timestep", std::int64_t{400})
        .run();
    return weighed(predict.out<Predictions>("predictions").prompt);
  };
  expect_gradient(predicted, token.vectors, 2e-2, 5e-2);
}

TEST(Differentiation, UnetPredictInItsLatents) {
  graph::NodeHarness levels(built_in(), "schedule", {{"model", mini()}, {"scheduler", "ddim"}, {"steps", "10"}});
  levels.run();
  graph::NodeHarness text(built_in(), "text-encode",
                          {{"model", mini()}, {"prompt", "a cat"}, {"width", "64"}, {"height", "64"}});
  text.run();
  const auto predicted = [&](const at::Tensor& x, bool records) {
    graph::NodeHarness predict(built_in(), "unet-predict", {{"model", mini()}});
    record(predict, records);
    predict.in("latents", Latents{x})
        .in("conditioning", text.out<Conditioning>("conditioning"))
        .in("schedule", levels.out<schedulers::Schedule>("schedule"))
        .turn(4, 10)
        .run();
    return weighed(predict.out<Predictions>("predictions").negative);
  };
  expect_gradient(predicted, tensors::Generator(3).randn({1, 4, 8, 8}));
}

}  // namespace
}  // namespace nodes
