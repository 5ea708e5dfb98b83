// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

cv::Mat drawn(graph::NodeHarness::Pairs props) {
  props.insert(props.end(), {{"width", "40"}, {"height", "24"}});
  return graph::NodeHarness(built_in(), "draw-noise", props).run().out<Image>("image").pixels;
}

TEST(DrawNoise, HasItsSize) {
  EXPECT_EQ(drawn({}).size(), cv::Size(40, 24));
}

TEST(DrawNoise, IsDrawnFromItsSeed) {
  EXPECT_TRUE(same_pixels(drawn({{"seed", "3"}}), drawn({{"seed", "3"}})));
  EXPECT_FALSE(same_pixels(drawn({{"seed", "3"}}), drawn({{"seed", "4"}})));
  EXPECT_FALSE(same_pixels(drawn({{"seed", "-3"}}), drawn({{"seed", "3"}})));
}

TEST(DrawNoise, EveryPropertyMatters) {
  const cv::Mat before = drawn({});
  EXPECT_FALSE(same_pixels(drawn({{"style", "washed"}}), before));
  EXPECT_FALSE(same_pixels(drawn({{"palette", "night"}}), before));
  EXPECT_FALSE(same_pixels(drawn({{"palette", "#ff0000,#00ff00"}}), before));
  EXPECT_FALSE(same_pixels(drawn({{"scale", "2"}}), before));
}

TEST(DrawNoise, RefusesUnknownNames) {
  EXPECT_EQ(refusal_of("draw-noise", {{"palette", "tael"}}),
            "palette: no palette 'tael' (did you mean 'teal'?); colours are written as #rrggbb,#rrggbb");
  EXPECT_EQ(refusal_of("draw-noise", {{"palette", "#ff0000,#zz0000"}}),
            "palette: '#zz0000' is not a colour: write it as #rrggbb");
  EXPECT_THAT(refusal_of("draw-noise", {{"style", "drawn"}}), HasSubstr("'drawn'"));
  EXPECT_THAT(refusal_of("draw-noise", {{"scale", "0"}}), HasSubstr("'scale'"));
}

TEST(DrawNoise, HelpNamesEveryPalette) {
  const graph::Contract& contract = built_in().find("draw-noise")->contract;
  const std::string& help = contract.props()[static_cast<std::size_t>(contract.find_prop("palette"))].help;
  for (const char* name : {"cream", "sky", "earth"}) EXPECT_THAT(help, HasSubstr(name));
}

}  // namespace
}  // namespace nodes
