// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class RegionNoise : public ::testing::Test {
 protected:
  at::Tensor rolled(const tiling::Region& region) {
    node_.in("latents", Latents{base_}).in("region", made_region(region)).run();
    return node_.out<Latents>("latents").tensor;
  }
  static at::Tensor box(const at::Tensor& latents) { return latents.narrow(2, 1, 3).narrow(3, 2, 4); }
  static at::Tensor outside(const at::Tensor& latents) {
    at::Tensor all = latents.clone();
    box(all).zero_();
    return all;
  }

  const at::Tensor base_ = tensors::Generator(1).randn({1, 4, 5, 7});
  const at::Tensor own_ = tensors::Generator(7310582946).randn({1, 4, 3, 4});
  graph::NodeHarness node_{built_in(), "region-noise"};
};

TEST_F(RegionNoise, IsInThePlaceOfTheCanvass) {
  const at::Tensor out = rolled({.box = {1, 4, 2, 6}, .seed = 7310582946, .resets_noise = true, .noise_eps = 0.7});
  EXPECT_TRUE(box(out).equal(own_));
  EXPECT_TRUE(outside(out).equal(outside(base_)));
  EXPECT_TRUE(base_.equal(tensors::Generator(1).randn({1, 4, 5, 7})));
}

TEST_F(RegionNoise, OrIsAdded) {
  const at::Tensor out = rolled({.box = {1, 4, 2, 6}, .seed = 7310582946, .noise_eps = 0.25});
  EXPECT_TRUE(box(out).equal(box(base_) + own_ * 0.25));
  EXPECT_TRUE(outside(out).equal(outside(base_)));
  EXPECT_TRUE(rolled({.box = {1, 4, 2, 6}}).equal(base_)) << "without noise_eps";
}

TEST_F(RegionNoise, Errors) {
  EXPECT_THAT(thrown_by([&] { rolled({.box = {1, 4, 2, 6}, .resets_noise = true}); }), HasSubstr("has no seed yet"));
  EXPECT_THAT(thrown_by([&] {
                rolled({.box = {1, 4, 2, 8}, .seed = 1, .resets_noise = true});
              }),
              HasSubstr("is not within the canvas"));
}

}  // namespace
}  // namespace nodes
