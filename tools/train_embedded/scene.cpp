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

/// Colours of two subjects that training never shows together, in either order.
constexpr std::array<std::array<Order::Part, 2>, 10> kHeldOutTogether{{
    {{{Kind::kHouse, kRed}, {Kind::kSun, kYellow}}},
    {{{Kind::kTree, kGreen}, {Kind::kMoon, kWhite}}},
    {{{Kind::kBoat, kOrange}, {Kind::kFish, kPink}}},
    {{{Kind::kHeart, kRed}, {Kind::kStar, kYellow}}},
    {{{Kind::kMountain, kPurple}, {Kind::kHouse, kOrange}}},
    {{{Kind::kFlower, kPink}, {Kind::kTree, kBlue}}},
    {{{Kind::kFish, kRed}, {Kind::kStar, kWhite}}},
    {{{Kind::kMoon, kOrange}, {Kind::kBoat, kGreen}}},
    {{{Kind::kHeart, kBlue}, {Kind::kFlower, kYellow}}},
    {{{Kind::kStar, kRed}, {Kind::kMountain, kBlue}}},
}};

bool same(const Order::Part& a, const Order::Part& b) {
  return a.kind == b.kind && a.colour == b.colour;
}

/// Where the middle of a subject may be, fractions of the picture's sides, and how large it may be.
struct Room {
  double x, y, size_from, size_to;
};

/// The room of subject i. y is 0 where the kind and the ground decide.
Room room_of(Places places, bool single, std::size_t i) {
  constexpr double kLeft = 0.27, kRight = 0.73, kUp = 0.28, kDown = 0.72, kMiddle = 0.5;
  const bool first = i == 0;
  switch (places) {
    case Places::kLeft:
      return {0.29, 0, 0.40, 0.50};
    case Places::kRight:
      return {0.71, 0, 0.40, 0.50};
    case Places::kRightAndLeft:
      return {first ? kRight : kLeft, 0, 0.38, 0.46};
    case Places::kAbove:
      return {kMiddle, first ? kUp : kDown, 0.36, 0.44};
    case Places::kBelow:
      return {kMiddle, first ? kDown : kUp, 0.36, 0.44};
    case Places::kLeftAndAbove:
      return {kLeft + 0.03, first ? kDown : kUp, 0.36, 0.44};
    case Places::kRightAndAbove:
      return {kRight - 0.03, first ? kDown : kUp, 0.36, 0.44};
    default:
      if (single) return {kMiddle, 0, 0.50, 0.66};
      return {first ? kLeft : kRight, 0, 0.38, 0.46};
  }
}

Places draw_places(bool single, Chance& chance) {
  const double which = chance.unit();
  if (single) return which < 0.7 ? Places::kUntold : which < 0.85 ? Places::kLeft : Places::kRight;
  return which < 0.35   ? Places::kUntold
         : which < 0.50 ? Places::kLeftAndRight
         : which < 0.65 ? Places::kRightAndLeft
         : which < 0.75 ? Places::kAbove
         : which < 0.80 ? Places::kBelow
         : which < 0.90 ? Places::kLeftAndAbove
                        : Places::kRightAndAbove;
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

bool held_out(const std::vector<Order::Part>& parts) {
  return parts.size() == 2 && std::ranges::any_of(kHeldOutTogether, [&](const auto& pair) {
           return (same(pair[0], parts[0]) && same(pair[1], parts[1])) ||
                  (same(pair[0], parts[1]) && same(pair[1], parts[0]));
         });
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
  Scene scene{seed, order.style, order.ground, order.paper, {}, order.places};
  const bool single = order.parts.size() == 1;
  for (std::size_t i = 0; i < order.parts.size(); ++i) {
    Subject subject{order.parts[i].kind, order.parts[i].colour};
    const Room room = room_of(order.places, single, i);
    const double play = single && order.places == Places::kUntold ? 0.10 : 0.03;
    subject.size = chance.between(room.size_from, room.size_to);
    subject.x = room.x + chance.between(-play, play);
    subject.y = room.y > 0 ? room.y + chance.between(-0.03, 0.03) : height_of(subject.kind, order.ground, chance);
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
  while (order.parts.size() == 1 && chance.happens(0.5)) {
    const Order::Part second = draw_part(order.ground, order.paper, chance);
    if (second.kind == order.parts[0].kind || second.colour == order.parts[0].colour) continue;
    if (held_out({order.parts[0], second})) continue;
    order.parts.push_back(second);
  }
  order.places = draw_places(order.parts.size() == 1, chance);
  return arrange(order, imaging::mix(number, 2));
}

}  // namespace train_embedded
