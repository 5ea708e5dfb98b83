// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

TEST(SquaredError, IsTheMean) {
  graph::NodeHarness node(built_in(), "squared-error");
  node.in("rendering", Rendering{at::full({2, 3, 4, 5}, 0.5)}).in("target", Rendering{at::full({1, 3, 4, 5}, 0.25)});
  EXPECT_NEAR(node.run().out<Loss>("loss").tensor.item<double>(), 0.0625, 1e-7);
}

TEST(SquaredError, Errors) {
  graph::NodeHarness node(built_in(), "squared-error");
  node.in("rendering", Rendering{at::ones({1, 3, 4, 5})}).in("target", Rendering{at::ones({1, 3, 5, 4})});
  EXPECT_EQ(thrown_by([&] { node.run(); }), "a rendering of the shape [1, 3, 4, 5], and a target of [1, 3, 5, 4]");
}

}  // namespace
}  // namespace nodes
