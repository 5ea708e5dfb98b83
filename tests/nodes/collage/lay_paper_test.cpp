// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

using Papers = graph::List<Image>;
const Papers kPapers({flat(16, 16, 1, 0, 0), flat(16, 16, 0, 1, 0), flat(16, 16, 0, 0, 1)});

graph::NodeHarness node(graph::NodeHarness::Pairs props) {
  graph::NodeHarness node(built_in(), "lay-paper", props);
  node.in("image", flat(48, 48, 0.5, 0.5, 0.5)).in("papers", kPapers);
  return node;
}

cv::Mat laid(graph::NodeHarness& node) {
  return node.run().out<Image>("image").pixels;
}

cv::Vec3f lowest(const cv::Mat& picture) {
  return picture.at<cv::Vec3f>(picture.rows - 1, picture.cols / 2);
}

const graph::NodeHarness::Pairs kBand{{"first", "0"}, {"y", "0.5"}, {"size", "0"}};

TEST(LayPaper, LaysABandOnThePicture) {
  auto band = node(kBand);
  const cv::Mat out = laid(band);
  EXPECT_EQ(lowest(out), cv::Vec3f(1, 0, 0));
  EXPECT_EQ(out.at<cv::Vec3f>(2, 24), cv::Vec3f::all(0.5f));
}

TEST(LayPaper, TurnsTakeOnePaperAfterTheOther) {
  auto band = node(kBand);
  EXPECT_EQ(lowest(laid(band.turn(1, 5))), cv::Vec3f(0, 1, 0));
  EXPECT_EQ(lowest(laid(band.turn(2, 5))), cv::Vec3f(0, 0, 1));
  EXPECT_EQ(lowest(laid(band.turn(3, 5))), cv::Vec3f(1, 0, 0));
}

TEST(LayPaper, ShuffledPapersAllComeBeforeOneComesAgain) {
  auto props = kBand;
  props.emplace_back("pick", "shuffle");
  auto band = node(props);
  cv::Vec3f sum(0, 0, 0);
  for (int turn = 0; turn < 3; ++turn) sum += lowest(laid(band.turn(turn, 3)));
  EXPECT_EQ(sum, cv::Vec3f(1, 1, 1));
}

TEST(LayPaper, RampsMoveAcrossTheTurns) {
  auto band = node({{"first", "0"}, {"y", "0.2..0.8"}, {"size", "0"}, {"shadow", "0"}, {"dark", "0"}});
  EXPECT_EQ(laid(band.turn(0, 3)).at<cv::Vec3f>(20, 24), cv::Vec3f(1, 0, 0));
  EXPECT_EQ(laid(band.turn(2, 3)).at<cv::Vec3f>(20, 24), cv::Vec3f::all(0.5f));
  EXPECT_EQ(laid(band.turn(0, 3).window(1)).at<cv::Vec3f>(20, 24), cv::Vec3f::all(0.5f)) << "the window counts";
}

TEST(LayPaper, SeedStreamAndTurnAreChance) {
  const graph::NodeHarness::Pairs props{{"shape", "scrap"}, {"first", "0"}, {"spread_x", "0.4"}};
  const auto with = [&](const std::string& name, const std::string& value) {
    auto more = props;
    more.emplace_back(name, value);
    auto piece = node(more);
    return laid(piece);
  };
  auto plain = node(props);
  const cv::Mat before = laid(plain);
  EXPECT_TRUE(same_pixels(with("seed", "0"), before));
  EXPECT_FALSE(same_pixels(with("seed", "1"), before));
  EXPECT_FALSE(same_pixels(with("stream", "1"), before));
  plain.turn(3, 6).in("papers", Papers({kPapers[0]}));
  EXPECT_FALSE(same_pixels(laid(plain), before));
}

TEST(LayPaper, CountLaysSeveral) {
  const auto covered = [](const std::string& count) {
    auto discs = node({{"shape", "disc"},
                       {"size", "0.2"},
                       {"spread_x", "0.4"},
                       {"spread_y", "0.4"},
                       {"count", count},
                       {"dark", "0"}});
    const cv::Mat out = laid(discs);
    int pixels = 0;
    for (int y = 0; y < out.rows; ++y) {
      for (int x = 0; x < out.cols; ++x)
        pixels += cv::norm(out.at<cv::Vec3f>(y, x), cv::Vec3f::all(0.5f), cv::NORM_INF) > 0.2;
    }
    return pixels;
  };
  EXPECT_EQ(covered("0"), 0);
  EXPECT_GT(covered("6"), 2 * covered("1"));
}

TEST(LayPaper, WorksWithOnePaperOfOnePixel) {
  auto sheet = node({{"shape", "sheet"}});
  sheet.in("papers", Papers({flat(1, 1, 0.25)}));
  EXPECT_EQ(lowest(laid(sheet)), cv::Vec3f(0.25f, 0, 0));
}

TEST(LayPaper, WithoutPapersItFails) {
  auto sheet = node({});
  EXPECT_EQ(thrown_by([&] { sheet.in("papers", Papers()).run(); }), "no papers to tear from");
}

TEST(LayPaper, StopsBetweenPieces) {
  auto discs = node({{"shape", "disc"}, {"count", "5"}});
  EXPECT_THROW(discs.cancel().run(), graph::Cancelled);
}

TEST(LayPaper, PassesItsPictureOnWhenInactive) {
  const graph::Contract& contract = built_in().find("lay-paper")->contract;
  ASSERT_EQ(contract.bypasses().size(), 1u);
  EXPECT_EQ(contract.outs()[static_cast<std::size_t>(contract.bypasses()[0].first)].name, "image");
  EXPECT_EQ(contract.ins()[static_cast<std::size_t>(contract.bypasses()[0].second)].name, "image");
}

TEST(LayPaper, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refusal_of("lay-paper", {{"shape", "star"}}), HasSubstr("'star'"));
  EXPECT_THAT(refusal_of("lay-paper", {{"haze", "0..1.5"}}), HasSubstr("'haze'"));
  EXPECT_THAT(refusal_of("lay-paper", {{"first", "-2"}}), HasSubstr("'first'"));
}

}  // namespace
}  // namespace nodes
