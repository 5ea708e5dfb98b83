// SPDX-License-Identifier: MIT
#include "tools/train_embedded/scene.h"

#include <gmock/gmock.h>

#include "tools/train_embedded/drawing.h"
#include "tools/train_embedded/judge.h"
#include "tools/train_embedded/pictures.h"

namespace train_embedded {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

TEST(Scene, NeverShowsAPairThatIsHeldOut) {
  for (std::uint64_t number = 0; number < 5000; ++number) {
    const Scene scene = compose(number);
    ASSERT_THAT(scene.subjects.size(), AnyOf(1u, 2u));
    for (const Subject& subject : scene.subjects) {
      EXPECT_FALSE(held_out(subject.kind, subject.colour)) << number << ": " << full_caption(scene);
      EXPECT_TRUE(stands_out(subject.colour, scene.ground, scene.paper)) << number << ": " << full_caption(scene);
    }
  }
}

TEST(Scene, NeverShowsTwoSubjectsThatAreHeldOutTogether) {
  for (std::uint64_t number = 0; number < 5000; ++number) {
    std::vector<Order::Part> parts;
    for (const Subject& subject : compose(number).subjects) parts.push_back({subject.kind, subject.colour});
    EXPECT_FALSE(held_out(parts)) << number;
  }
  for (const Order& order : unseen_pairs()) {
    EXPECT_TRUE(held_out(order.parts)) << full_caption(arrange(order, 0));
    EXPECT_TRUE(held_out({order.parts[1], order.parts[0]})) << "in the other order, too";
  }
}

TEST(Scene, SubjectsStandWhereTheirCaptionSays) {
  Order order{{{Kind::kHouse, 0}, {Kind::kSun, 2}}, Ground::kMeadow, 0, Style::kPaperCut, Places::kLeftAndAbove};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Scene scene = arrange(order, seed);
    EXPECT_LT(scene.subjects[0].x, 0.4);
    EXPECT_LT(scene.subjects[1].y, scene.subjects[0].y - 0.3);
  }
  EXPECT_EQ(full_caption(arrange(order, 0)),
            "a red house on the left and a yellow sun above it, on a meadow, paper cut");
  order.parts.pop_back();
  order.places = Places::kRight;
  EXPECT_GT(arrange(order, 0).subjects[0].x, 0.6);
  EXPECT_EQ(full_caption(arrange(order, 0)), "a red house on the right, on a meadow, paper cut");
}

TEST(Scene, ALongerPictureShowsMoreOfTheGround) {
  Painter painter;
  const cv::Mat wide = painter.draw(compose(7), cv::Size(192, 128));
  EXPECT_EQ(wide.size(), cv::Size(192, 128));
}

TEST(Scene, HoldsOneColourOfEveryKindOut) {
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    int count = 0;
    for (int colour = 0; colour < static_cast<int>(kColours.size()); ++colour)
      count += held_out(static_cast<Kind>(kind), colour);
    EXPECT_EQ(count, 1) << kKinds[kind];
  }
}

TEST(Scene, IsTheSameForTheSameNumber) {
  Painter one, other;
  other.draw(compose(3), 64);  // what was drawn before does not count
  EXPECT_EQ(cv::norm(one.draw(compose(7), 64), other.draw(compose(7), 64)), 0);
}

TEST(Scene, ShowsTheSameAtEverySize) {
  Painter painter;
  const at::Tensor large = to_tensor(painter.draw(compose(7), 256)), small = to_tensor(painter.draw(compose(7), 128));
  EXPECT_GT(psnr(at::upsample_nearest2d(small, {256, 256}), large), 20);
}

TEST(Scene, CaptionsSayWhatIsThere) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    const Scene scene = compose(number);
    for (const std::string& text : {caption(scene, number), full_caption(scene)}) {
      if (text.empty()) continue;
      for (const Subject& subject : scene.subjects) {
        EXPECT_THAT(text, HasSubstr(std::string(kColours[static_cast<std::size_t>(subject.colour)].name) + ' ' +
                                    kKinds[static_cast<std::size_t>(subject.kind)]));
      }
    }
  }
}

TEST(Scene, CaptionsAreNowAndThenEmpty) {
  int empty = 0;
  for (std::uint64_t number = 0; number < 2000; ++number) empty += caption(compose(number), number).empty();
  EXPECT_NEAR(empty, 200, 50);
}

}  // namespace
}  // namespace train_embedded
