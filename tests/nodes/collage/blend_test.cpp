// SPDX-License-Identifier: MIT
#include "methods/matching/match_regions.h"
#include "tests/methods/matching/banks.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class BlendNode : public ::testing::Test {
 protected:
  BlendNode() {
    matching::NumpyGenerator generator(1);
    const auto labels = std::make_shared<const imaging::Labels>(regions({"aaab", "aabb"}));
    matches_ = matching::match_regions(latents_.tensor, labels, bank_, {}, generator);
  }

  at::Tensor blended(const std::string& alpha, double place) const {
    graph::NodeHarness node(built_in(), "blend", {{"alpha", alpha}});
    node.in("latents", latents_).in("matches", matches_).turn(3, 10).window(place).run();
    return node.out<Latents>("latents").tensor;
  }

  const std::shared_ptr<const matching::Bank> bank_ = matching::build_bank({made_up_source(4, 5, 6)}, {});
  const Latents latents_{made_up_source(4, 2, 4, 2).latent.unsqueeze(0)};
  matching::Matches matches_;
};

TEST_F(BlendNode, GoesAlongItsWindow) {
  const at::Tensor whole = blended("1", 0.5);
  EXPECT_TRUE(blended("0..1", 0).equal(latents_.tensor));
  EXPECT_TRUE(blended("0..1", 1).equal(whole));
  const at::Tensor expected = latents_.tensor * 0.875 + whole * 0.125;
  EXPECT_LT((blended("0..0.5", 0.25) - expected).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(blended("0..0.5", 0.25).equal(blended("0.125", 0.9)));
}

TEST_F(BlendNode, PassesLatentsOnWhereNothingWasMatched) {
  matches_.matches.clear();
  EXPECT_TRUE(blended("1", 1).is_same(latents_.tensor));
}

TEST_F(BlendNode, Refusals) {
  EXPECT_THAT(refusal_of("blend", {{"alpha", "0..1.5"}}), HasSubstr("1.5 is above the maximum 1"));
  EXPECT_THAT(refusal_of("blend", {{"alpha", "-0.1"}}), HasSubstr("-0.1 is below the minimum 0"));
  graph::NodeHarness node(built_in(), "blend");
  node.in("latents", Latents{at::zeros({1, 4, 3, 4})}).in("matches", matches_);
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the latents have 3 x 4 cells, but the labels 2 x 4 cells"));
}

}  // namespace
}  // namespace nodes
