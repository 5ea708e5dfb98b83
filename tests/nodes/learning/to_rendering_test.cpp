// SPDX-License-Identifier: MIT
#include "nodes/picture_tensors.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

TEST(ToRendering, IsThePicture) {
  const Image image = flat(5, 3, 0.25, 0.5, 1);
  graph::NodeHarness node(built_in(), "to-rendering");
  EXPECT_TRUE(node.in("image", image).run().out<Rendering>("rendering").tensor.equal(to_tensor(image)));
}

}  // namespace
}  // namespace nodes
