// SPDX-License-Identifier: MIT
#include "methods/matching/bank.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Collage : public ::testing::Test {
 protected:
  /// A bank of one picture of `side` px, 4 by 4 cells.
  std::shared_ptr<const matching::Bank> bank(const std::string& name, int side) const {
    matching::SourceLatent source;
    source.path = name + ".npz";
    source.source_path = folder_.write(name + ".png", imaging::encode_png(pixels_8bit(side, side)));
    source.latent = at::zeros({4, 4, 4});
    source.original_width = source.original_height = side;
    source.processed_width = source.processed_height = 32;
    source.scale_x = source.scale_y = side / 32.0;
    return matching::build_bank({source}, {});
  }
  /// Two regions, one above the other in two by two cells; the upper one has a window of the bank at (1,1).
  static matching::Matches matches(std::shared_ptr<const matching::Bank> bank) {
    auto labels = std::make_shared<imaging::Labels>();
    labels->height = labels->width = labels->count = 2;
    labels->ids = {0, 0, 1, 1};
    matching::Matches matches;
    matches.bank = std::move(bank);
    matches.labels = std::move(labels);
    matches.matches.push_back({0, 0, 1, 1, 0, 0, 1, 2, 0});
    matches.regions = 2;
    return matches;
  }
  static graph::NodeHarness node(const graph::NodeHarness::Pairs& props = {}) {
    return graph::NodeHarness(built_in(), "collage", props);
  }
  static cv::Mat made(const graph::NodeHarness& node) { return imaging::to_8bit(node.out<Image>("image").pixels); }

  static inline const cv::Rect kUpper{0, 0, 16, 8}, kLower{0, 8, 16, 8};
  Folder folder_;
};

TEST_F(Collage, CutsWindowsFromTheSources) {
  graph::NodeHarness collage = node();
  collage.in("matches", matches(bank("a", 32))).run();
  ASSERT_EQ(made(collage).size(), cv::Size(16, 16));
  EXPECT_TRUE(same_pixels(made(collage)(kUpper), pixels_8bit(32, 32)(cv::Rect(8, 8, 16, 8))));
  EXPECT_EQ(cv::norm(made(collage)(kLower)), 0);
  EXPECT_THAT(collage.warnings(), IsEmpty());
}

TEST_F(Collage, ScalesToThePicturesOwnPixels) {
  graph::NodeHarness collage = node({{"pixel_render_scale", "2"}});
  collage.in("matches", matches(bank("a", 64))).run();
  ASSERT_EQ(made(collage).size(), cv::Size(32, 32));
  EXPECT_TRUE(same_pixels(made(collage)(cv::Rect(0, 0, 32, 16)), pixels_8bit(64, 64)(cv::Rect(16, 16, 32, 16))));
  EXPECT_THROW(node({{"pixel_render_scale", "0"}}), graph::Faults);
}

TEST_F(Collage, ShowsThePlainPictureWhereNothingWasMatched) {
  graph::NodeHarness collage = node({{"uncovered", "plain"}});
  collage.in("matches", matches(bank("a", 32)));
  EXPECT_THAT(thrown_by([&] { collage.run(); }), HasSubstr("the input `plain`, where nothing is linked"));
  collage.in("plain", flat(16, 16, 1, 0, 0)).run();
  EXPECT_TRUE(same_pixels(made(collage)(kLower), cv::Mat(8, 16, CV_8UC3, cv::Scalar(255, 0, 0))));
  EXPECT_TRUE(same_pixels(made(collage)(kUpper), pixels_8bit(32, 32)(cv::Rect(8, 8, 16, 8))));
}

TEST_F(Collage, IsBlackThereByDefaultWhateverIsLinked) {
  graph::NodeHarness collage = node();
  collage.in("matches", matches(bank("a", 32))).in("plain", flat(16, 16, 1)).run();
  EXPECT_EQ(cv::norm(made(collage)(kLower)), 0);
}

TEST_F(Collage, KeepsThePlainPictureWhenNothingWasMatchedAtAll) {
  matching::Matches none = matches(bank("a", 32));
  none.matches.clear();
  none.skipped = 2;
  graph::NodeHarness collage = node({{"pixel_render_scale", "3"}});
  collage.in("matches", none).run();
  EXPECT_EQ(cv::norm(made(collage)), 0);
  collage.in("plain", flat(16, 16, 0.2, 0.4, 0.6)).run();
  EXPECT_TRUE(same_pixels(collage.out<Image>("image").pixels, flat(16, 16, 0.2, 0.4, 0.6).pixels));
  EXPECT_THAT(collage.warnings(),
              ElementsAre("no region was matched (2 within the area limits, 2 too large for a limit or for every "
                          "source): the collage is black",
                          "no region was matched (2 within the area limits, 2 too large for a limit or for every "
                          "source): the plain picture is kept"));
}

TEST_F(Collage, CutsFromAnotherBankWhereOneIsLinked) {
  graph::NodeHarness collage = node({{"pixel_render_scale", "2"}});
  collage.in("matches", matches(bank("a", 32))).in("bank", Bank{bank("large", 64)}).run();
  EXPECT_TRUE(same_pixels(made(collage)(cv::Rect(0, 0, 32, 16)), pixels_8bit(64, 64)(cv::Rect(16, 16, 32, 16))));
}

TEST_F(Collage, ReadsPicturesOnceForAllItems) {
  const auto source = bank("a", 32);
  graph::NodeHarness collage = node();
  collage.in("matches", matches(source)).run();
  const cv::Mat first = made(collage);
  folder_.write("a.png", std::string("no picture any more"));
  collage.end_item();
  EXPECT_TRUE(same_pixels(made(collage.run()), first));
}

TEST_F(Collage, NamesPicturesThatAreMissing) {
  const auto source = bank("a", 32);
  std::filesystem::remove(folder_.path("a.png"));
  graph::NodeHarness collage = node();
  collage.in("matches", matches(source));
  EXPECT_THAT(thrown_by([&] { collage.run(); }),
              HasSubstr("cannot cut from pictures that are not there: " + folder_.path("a.png") + "; put them there"));
}

TEST_F(Collage, PassesThePlainPictureOnWhereNoProjectionRan) {
  const graph::Contract& contract = built_in().find("collage")->contract;
  ASSERT_EQ(contract.bypasses().size(), 1u);
  EXPECT_EQ(contract.outs()[contract.bypasses()[0].first].name, "image");
  EXPECT_EQ(contract.ins()[contract.bypasses()[0].second].name, "plain");
}

}  // namespace
}  // namespace nodes
