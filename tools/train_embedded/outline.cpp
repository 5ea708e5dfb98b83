// SPDX-License-Identifier: MIT
#include "tools/train_embedded/outline.h"

#include <cmath>
#include <numbers>

namespace train_embedded {
namespace {

using Polygon = std::vector<cv::Point2d>;
using Tone = Part::Tone;
constexpr double kTurn = 2 * std::numbers::pi;

Polygon ellipse(cv::Point2d middle, double a, double b) {
  constexpr int kCorners = 40;
  Polygon polygon;
  for (int i = 0; i < kCorners; ++i) {
    const double t = kTurn * i / kCorners;
    polygon.push_back(middle + cv::Point2d(a * std::cos(t), b * std::sin(t)));
  }
  return polygon;
}

Polygon disc(cv::Point2d middle, double radius) {
  return ellipse(middle, radius, radius);
}

Polygon box(double left, double top, double right, double bottom) {
  return {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
}

cv::Point2d at_angle(double t, double radius) {
  return {radius * std::sin(t), -radius * std::cos(t)};
}

std::vector<Part> sun() {
  constexpr int kRays = 10;
  std::vector<Part> parts;
  for (int i = 0; i < kRays; ++i) {
    const double t = kTurn * i / kRays;
    parts.push_back({Tone::kOwn, {{at_angle(t - 0.2, 0.31), at_angle(t, 0.5), at_angle(t + 0.2, 0.31)}}});
  }
  parts.push_back({Tone::kOwn, {disc({0, 0}, 0.28)}});
  return parts;
}

/// A crescent: the outer circle's arc, and back along the inner one.
std::vector<Part> moon() {
  constexpr int kCorners = 36;
  const cv::Point2d middle(-0.1, 0), cut(0.24, 0);
  const double outer = 0.48, inner = 0.42;
  const double d = cut.x - middle.x;
  const double x = (d * d + outer * outer - inner * inner) / (2 * d), y = std::sqrt(outer * outer - x * x);
  const double from = std::atan2(y, x), back = std::atan2(y, x - d);
  Polygon polygon;
  for (int i = 0; i <= kCorners; ++i) {
    const double t = from + (kTurn - 2 * from) * i / kCorners;
    polygon.push_back(middle + cv::Point2d(outer * std::cos(t), outer * std::sin(t)));
  }
  for (int i = 0; i <= kCorners; ++i) {
    const double t = kTurn - back - (kTurn - 2 * back) * i / kCorners;
    polygon.push_back(cut + cv::Point2d(inner * std::cos(t), inner * std::sin(t)));
  }
  return {{Tone::kOwn, {polygon}}};
}

std::vector<Part> star() {
  Polygon polygon;
  for (int i = 0; i < 10; ++i) polygon.push_back(at_angle(kTurn * i / 10, i % 2 == 0 ? 0.5 : 0.21));
  return {{Tone::kOwn, {polygon}}};
}

std::vector<Part> house() {
  return {{Tone::kOwn, {box(-0.36, -0.1, 0.36, 0.5)}},
          {Tone::kDarker, {{{-0.48, -0.06}, {0, -0.5}, {0.48, -0.06}}}},
          {Tone::kDark, {box(-0.09, 0.18, 0.09, 0.5)}},
          {Tone::kLighter, {box(-0.28, 0.06, -0.15, 0.2), box(0.15, 0.06, 0.28, 0.2)}}};
}

std::vector<Part> tree() {
  return {{Tone::kWood, {box(-0.06, 0.1, 0.06, 0.5)}},
          {Tone::kOwn, {disc({-0.19, 0.02}, 0.2)}},
          {Tone::kOwn, {disc({0.19, 0.02}, 0.2)}},
          {Tone::kOwn, {disc({0, -0.22}, 0.27)}}};
}

std::vector<Part> flower() {
  std::vector<Part> parts{{Tone::kLeaf, {box(-0.025, 0, 0.025, 0.5)}},
                          {Tone::kLeaf, {ellipse({0.11, 0.34}, 0.11, 0.05)}}};
  const cv::Point2d middle(0, -0.17);
  for (int i = 0; i < 6; ++i) parts.push_back({Tone::kOwn, {disc(middle + at_angle(kTurn * i / 6, 0.2), 0.13)}});
  parts.push_back({Tone::kHeart, {disc(middle, 0.12)}});
  return parts;
}

std::vector<Part> fish() {
  return {{Tone::kDarker, {{{0.14, 0}, {0.5, -0.24}, {0.42, 0}, {0.5, 0.24}}}},
          {Tone::kOwn, {ellipse({-0.11, 0}, 0.38, 0.24)}},
          {Tone::kLighter, {disc({-0.32, -0.05}, 0.05)}},
          {Tone::kDark, {disc({-0.32, -0.05}, 0.025)}}};
}

std::vector<Part> boat() {
  return {{Tone::kWood, {box(-0.02, -0.5, 0.02, 0.18)}},
          {Tone::kOwn, {{{0.05, -0.46}, {0.05, 0.08}, {0.42, 0.08}}}},
          {Tone::kOwn, {{{-0.05, -0.34}, {-0.05, 0.08}, {-0.36, 0.08}}}},
          {Tone::kDarker, {{{-0.5, 0.16}, {0.5, 0.16}, {0.32, 0.42}, {-0.32, 0.42}}}}};
}

std::vector<Part> heart() {
  Polygon polygon;
  for (int i = 0; i < 60; ++i) {
    const double t = kTurn * i / 60, s = std::sin(t);
    polygon.emplace_back(0.5 * s * s * s, -0.03 - 0.031 * (13 * std::cos(t) - 5 * std::cos(2 * t) -
                                                           2 * std::cos(3 * t) - std::cos(4 * t)));
  }
  return {{Tone::kOwn, {polygon}}};
}

std::vector<Part> mountain() {
  return {{Tone::kDarker, {{{-0.02, 0.4}, {0.24, -0.18}, {0.5, 0.4}}}},
          {Tone::kOwn, {{{-0.5, 0.4}, {-0.12, -0.42}, {0.26, 0.4}}}},
          {Tone::kLighter,
           {{{-0.22, -0.2}, {-0.12, -0.42}, {-0.02, -0.2}, {-0.08, -0.25}, {-0.13, -0.17}, {-0.17, -0.24}}}}};
}

}  // namespace

const std::vector<Part>& outline_of(Kind kind) {
  static const std::array<std::vector<Part>, kKinds.size()> kOutlines{sun(),    moon(), star(), house(), tree(),
                                                                      flower(), fish(), boat(), heart(), mountain()};
  return kOutlines[static_cast<std::size_t>(kind)];
}

cv::Vec3f tone_of(Tone tone, const cv::Vec3f& own) {
  const cv::Vec3f white(1, 1, 1);
  switch (tone) {
    case Tone::kDarker:
      return own * 0.84f;
    case Tone::kDark:
      return own * 0.4f;
    case Tone::kLighter:
      return own * 0.3f + white * 0.68f;
    case Tone::kWood:
      return {0.42f, 0.28f, 0.18f};
    case Tone::kLeaf:
      return {0.22f, 0.45f, 0.20f};
    case Tone::kHeart:
      return own[2] < 0.35f && own[1] > 0.4f ? cv::Vec3f(0.55f, 0.3f, 0.12f) : cv::Vec3f(0.98f, 0.8f, 0.25f);
    default:
      return own;
  }
}

}  // namespace train_embedded
