// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

TEST(CropLatents, TakesTheCellsOfARegion) {
  const at::Tensor latents = at::arange(2 * 4 * 5 * 7, at::kFloat).reshape({2, 4, 5, 7});
  graph::NodeHarness node(built_in(), "crop-latents");
  node.in("latents", Latents{latents}).in("region", made_region({.box = {1, 4, 2, 7}})).run();
  EXPECT_TRUE(node.out<Latents>("latents").tensor.equal(latents.narrow(2, 1, 3).narrow(3, 2, 5)));
  node.in("region", made_region({.box = {1, 6, 2, 7}}));
  EXPECT_THAT(thrown_by([&] { node.run(); }),
              HasSubstr("regions[0] (rows 8 to 48, columns 16 to 56) is not within the canvas of 56 x 40 px"));
}

}  // namespace
}  // namespace nodes
