// SPDX-License-Identifier: MIT
#include "tools/train_embedded/scene.h"

#include <algorithm>

#include "tools/train_embedded/chance.h"

namespace train_embedded {
namespace {

constexpr int kRed = 0, kOrange = 1, kYellow = 2, kGreen = 3, kBlue = 4, kPurple = 5, kPink = 6, kWhite = 7;
/// By kind: the colour that training does not show it in.
constexpr std::array kHeldOut{kPurple, kRed, kGreen, kBlue, kPink, kOrange, kYellow, kPurple, kWhite, kPink};

bool hangs_in_the_sky(Kind kind) {
  return kind == Kind::kSun || kind == Kind::kMoon || kind == Kind::kStar;
}

double height_of(Kind kind, Ground ground, Chance& chance) {
  if (ground == Ground::kPaper || ground == Ground::kNight) return chance.between(0.42, 0.58);
  if (hangs_in_the_sky(kind)) return chance.between(0.32, 0.42);
  if (ground == Ground::kSky) return chance.between(0.44, 0.58);
  return chance.between(0.52, 0.64);
}

Order::Part draw_part(Ground ground, int paper, Chance& chance) {
  while (true) {
    const auto kind = static_cast<Kind>(chance.below(static_cast<int>(kKinds.size())));
    const int colour = chance.below(static_cast<int>(kColours.size()));
    if (!held_out(kind, colour) && stands_out(colour, ground, paper)) return {kind, colour};
  }
}

}  // namespace

bool held_out(Kind kind, int colour) {
  return kHeldOut[static_cast<std::size_t>(kind)] == colour;
}

bool stands_out(int colour, Ground ground, int paper) {
  switch (ground) {
    case Ground::kSea:
      return colour != kBlue;
    case Ground::kMeadow:
      return colour != kGreen;
    case Ground::kPaper:
      return colour != paper;
    default:
      return true;
  }
}

Scene arrange(const Order& order, std::uint64_t seed) {
  Chance chance(seed);
  Scene scene{seed, order.style, order.ground, order.paper, {}};
  const bool single = order.parts.size() == 1;
  for (std::size_t i = 0; i < order.parts.size(); ++i) {
    Subject subject{order.parts[i].kind, order.parts[i].colour};
    subject.size = single ? chance.between(0.50, 0.66) : chance.between(0.38, 0.46);
    subject.x = single ? chance.between(0.40, 0.60) : (i == 0 ? 0.27 : 0.73) + chance.between(-0.03, 0.03);
    subject.y = height_of(subject.kind, order.ground, chance);
    subject.turn = chance.between(-0.12, 0.12);
    subject.mirrored = chance.happens(0.5);
    scene.subjects.push_back(subject);
  }
  return scene;
}

Scene compose(std::uint64_t number) {
  Chance chance(imaging::mix(number, 1));
  Order order{};
  const double which = chance.unit();
  order.ground = which < 0.17   ? Ground::kSky
                 : which < 0.34 ? Ground::kSea
                 : which < 0.51 ? Ground::kMeadow
                 : which < 0.68 ? Ground::kNight
                                : Ground::kPaper;
  order.paper = chance.below(static_cast<int>(kColours.size()));
  order.style = chance.happens(0.5) ? Style::kPainted : Style::kPaperCut;
  order.parts.push_back(draw_part(order.ground, order.paper, chance));
  while (order.parts.size() == 1 && chance.happens(0.3)) {
    const Order::Part second = draw_part(order.ground, order.paper, chance);
    if (second.kind == order.parts[0].kind || second.colour == order.parts[0].colour) continue;
    order.parts.push_back(second);
  }
  return arrange(order, imaging::mix(number, 2));
}

}  // namespace train_embedded
