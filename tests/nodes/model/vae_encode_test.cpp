// SPDX-License-Identifier: MIT
#include "graph/graph.h"
#include "graph/load.h"
#include "nodes/picture_tensors.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using Pairs = graph::NodeHarness::Pairs;

constexpr double kScalingFactor = 0.13025, kEncodeTolerance = 1e-5;

class VaeEncode : public ::testing::Test {
 protected:
  graph::NodeHarness encoder(Pairs props) const {
    props.emplace_back("model", (reference::sdxl("mini") / "model").string());
    graph::NodeHarness node(built_in(), "vae-encode", props);
    node.in("image", to_image(vectors_["enc64x64_image"] / 2 + 0.5));
    return node;
  }

  /// A sample of the reference's mean and variance.
  at::Tensor sampled(const at::Tensor& noise) const {
    return (vectors_["enc64x64_mean"] + (vectors_["enc64x64_logvar"] / 2).exp() * noise) * kScalingFactor;
  }

  static at::Tensor latents(const graph::NodeHarness& node) { return node.out<Latents>("latents").tensor; }

  const reference::Vectors vectors_{"mini", "vae"};
};

TEST_F(VaeEncode, MeanIsTheEncodersOwn) {
  graph::NodeHarness node = encoder({{"mode", "mean"}, {"seed", "4"}});
  node.run();
  EXPECT_LT(reference::difference(latents(node), vectors_["enc64x64_mean"] * kScalingFactor), kEncodeTolerance);
  tensors::Generator sent = node.out<tensors::Generator>("generator");
  EXPECT_TRUE(sent.randn({20}).equal(tensors::Generator(4).randn({20}))) << "nothing was drawn";
}

TEST_F(VaeEncode, SampleDrawsFromItsSeed) {
  graph::NodeHarness node = encoder({{"seed", "4"}});
  node.run();
  tensors::Generator generator(4);
  EXPECT_LT(reference::difference(latents(node), sampled(generator.randn({1, 4, 8, 8}))), kEncodeTolerance);
  tensors::Generator sent = node.out<tensors::Generator>("generator");
  EXPECT_TRUE(sent.randn({20}).equal(generator.randn({20}))) << "advanced by what was drawn";
}

TEST_F(VaeEncode, StreamsDrawByThePlaceOfTheCall) {
  graph::NodeHarness node = encoder({});
  node.in("streams", Streams{.seed = 4}).turn(0, 3).run();
  const at::Tensor first = latents(node);
  EXPECT_TRUE(latents(node.run()).equal(first));
  EXPECT_FALSE(latents(node.turn(1, 3).run()).equal(first));
  EXPECT_EQ(node.out<Streams>("streams").seed, 4);
}

TEST_F(VaeEncode, ChainedStreamsAreDrawnFrom) {
  graph::NodeHarness streams(built_in(), "random-streams", {{"seed", "7"}, {"way", "chained"}});
  graph::NodeHarness node = encoder({});
  node.in("streams", streams.run().out<Streams>("streams")).run();
  tensors::Generator generator(7);
  EXPECT_LT(reference::difference(latents(node), sampled(generator.randn({1, 4, 8, 8}))), kEncodeTolerance);
  tensors::Generator rest = node.out<Streams>("streams").chain->torch;
  EXPECT_TRUE(rest.randn({20}).equal(generator.randn({20})));
}

TEST_F(VaeEncode, ALinkedGeneratorBeatsTheSeed) {
  tensors::Generator generator(9);
  generator.randn({1, 4, 16, 16});
  graph::NodeHarness node = encoder({{"seed", "4"}});
  node.in("generator", generator).run();
  EXPECT_LT(reference::difference(latents(node), sampled(generator.randn({1, 4, 8, 8}))), kEncodeTolerance);
  tensors::Generator sent = node.out<tensors::Generator>("generator");
  EXPECT_TRUE(sent.randn({20}).equal(generator.randn({20})));
  const at::Tensor first = latents(node);
  EXPECT_TRUE(latents(node.run()).equal(first)) << "what came in was not drawn from";
}

TEST_F(VaeEncode, CutsSidesToMultiplesAndRefusesTooSmallOnes) {
  graph::NodeHarness node = encoder({{"mode", "mean"}});
  EXPECT_EQ(latents(node.in("image", flat(29, 16, 0.5)).run()).sizes(), (at::IntArrayRef{1, 4, 2, 3}));
  node.in("image", flat(7, 16, 0.5));
  EXPECT_NE(thrown_by([&] { node.run(); }), "");
}

TEST(VaeEncodeLinks, APictureOrARendering) {
  const auto faults = [](const std::string& in) {
    const std::string text =
        "graph: g\nnodes:\n  paper: {type: draw-noise}\n"
        "  seen: {type: to-rendering, in: {image: paper.image}}\n"
        "  code: {type: vae-encode, in: {" +
        in + "}}\n";
    return thrown_by([&] { graph::check(graph::load_text(text, "g.yaml"), built_in()); });
  };
  EXPECT_EQ(faults("image: paper.image"), "");
  EXPECT_EQ(faults("rendering: seen.rendering"), "");
  const std::string node = "g.yaml:5:3: error: node 'code' (vae-encode): link 'image' or 'rendering'";
  EXPECT_THAT(faults(""), testing::HasSubstr(node));
  EXPECT_THAT(faults("image: paper.image, rendering: seen.rendering"), testing::HasSubstr(node + ", not both"));
}

}  // namespace
}  // namespace nodes
