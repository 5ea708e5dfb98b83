// SPDX-License-Identifier: MIT
#include "tools/train_embedded/judge.h"

#include <gtest/gtest.h>

#include "tools/train_embedded/pictures.h"

namespace train_embedded {
namespace {

/// Scenes that no example of the judge's own was drawn from.
constexpr std::uint64_t kOther = kUnseen + 1000;

TEST(Judge, OrdersAreUnseen) {
  for (const Order& order : unseen_orders())
    for (const Order::Part& part : order.parts) EXPECT_TRUE(held_out(part.kind, part.colour));
}

TEST(Judge, KnowsWhereSubjectsAreToStand) {
  Judge judge;
  Painter painter;
  const Order order = unseen_pairs()[0];
  Order swapped = order;
  swapped.places = Places::kAbove;  // the house is below
  const cv::Mat picture = painter.draw(arrange(order, kOther), 256);
  EXPECT_TRUE(judge(picture, order).good());
  const Verdict other = judge(picture, swapped);
  EXPECT_TRUE(other.colour && other.shape && other.ground);
  EXPECT_FALSE(other.place);
}

// One test, since the judge draws a hundred examples for each order.
TEST(Judge, AcceptsWhatWasDrawnAsAskedAndRefusesAnythingElse) {
  Judge judge;
  Painter painter;
  for (const Order& order : unseen_orders()) {
    for (const Style style : {Style::kPaperCut, Style::kPainted}) {
      Order styled = order;
      styled.style = style;
      const Scene scene = arrange(styled, kOther);
      EXPECT_TRUE(judge(painter.draw(scene, 256), styled).good()) << full_caption(scene);
    }
    const Scene scene = arrange(order, kOther);
    const cv::Mat picture = painter.draw(scene, 128);
    Order kind = order, colour = order, ground = order;
    kind.parts[0].kind = static_cast<Kind>((static_cast<std::size_t>(order.parts[0].kind) + 3) % kKinds.size());
    colour.parts[0].colour = order.parts[0].colour == 1 ? 6 : 1;
    ground.ground = order.ground == Ground::kSky ? Ground::kSea : Ground::kSky;
    ground.parts.clear();  // it is seen without them, and they would be compared with a hundred examples on that ground
    EXPECT_FALSE(judge(picture, kind).shape) << full_caption(scene);
    EXPECT_FALSE(judge(picture, colour).colour) << full_caption(scene);
    EXPECT_FALSE(judge(picture, ground).ground) << full_caption(scene);
    const cv::Mat grey(128, 128, CV_32FC3, cv::Scalar(0.5, 0.5, 0.5));
    EXPECT_FALSE(judge(grey, order).good()) << full_caption(scene);
  }
}

}  // namespace
}  // namespace train_embedded
