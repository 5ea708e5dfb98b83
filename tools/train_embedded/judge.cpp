// SPDX-License-Identifier: MIT
#include "tools/train_embedded/judge.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "tools/train_embedded/chance.h"
#include "tools/train_embedded/outline.h"
#include "tools/train_embedded/pictures.h"

namespace train_embedded {
namespace {

constexpr int kGround = -1;
constexpr float kLightness = 0.6f;  // how much it counts: shades and strokes change it most

struct Swatch {
  cv::Vec3f lab;
  int colour;  ///< of kColours, or kGround
};

cv::Mat to_lab(const cv::Mat& picture) {
  cv::Mat lab;
  cv::cvtColor(picture, lab, cv::COLOR_RGB2Lab);
  return lab;
}

cv::Vec3f lab_of(const cv::Vec3f& rgb) {
  return to_lab(cv::Mat(1, 1, CV_32FC3, cv::Scalar(rgb[0], rgb[1], rgb[2]))).at<cv::Vec3f>(0, 0);
}

std::vector<Swatch> swatches(const Order& order) {
  std::vector<Swatch> list;
  const auto add = [&](const cv::Vec3f& rgb, int colour) { list.push_back({lab_of(rgb), colour}); };
  for (int i = 0; i < static_cast<int>(kColours.size()); ++i) {
    const cv::Vec3f& own = kColours[static_cast<std::size_t>(i)].rgb;
    if (!stands_out(i, order.ground, order.paper)) continue;
    add(own, i);
    add(tone_of(Part::Tone::kDarker, own), i);
  }
  for (const cv::Vec3f& rgb : ground_colours(order.ground, order.paper)) add(rgb, kGround);
  for (const Part::Tone tone : {Part::Tone::kWood, Part::Tone::kLeaf}) add(tone_of(tone, {}), kGround);
  return list;
}

/// Which pixels are of the colour, 255 where they are.
cv::Mat pixels_of(const cv::Mat& picture, int colour, const Order& order) {
  const std::vector<Swatch> list = swatches(order);
  const cv::Mat lab = to_lab(picture);
  cv::Mat mask = cv::Mat::zeros(picture.size(), CV_8U);
  const auto distance = [](const cv::Vec3f& a, const cv::Vec3f& b) {
    const float l = kLightness * (a[0] - b[0]);
    return l * l + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]);
  };
  for (int y = 0; y < lab.rows; ++y) {
    for (int x = 0; x < lab.cols; ++x) {
      const auto& pixel = lab.at<cv::Vec3f>(y, x);
      const auto nearest =
          std::ranges::min_element(list, {}, [&](const Swatch& swatch) { return distance(pixel, swatch.lab); });
      if (nearest->colour == colour) mask.at<std::uint8_t>(y, x) = 255;
    }
  }
  return mask;
}

/// Without specks: the pieces that have at least a sixth of the largest one's area.
cv::Mat without_specks(const cv::Mat& mask) {
  cv::Mat opened, labels, stats, centres;
  cv::morphologyEx(mask, opened, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_ELLIPSE, {3, 3}));
  const int count = cv::connectedComponentsWithStats(opened, labels, stats, centres, 8, CV_32S);
  int largest = 0;
  for (int i = 1; i < count; ++i) largest = std::max(largest, stats.at<int>(i, cv::CC_STAT_AREA));
  cv::Mat kept = cv::Mat::zeros(mask.size(), CV_8U);
  for (int i = 1; i < count; ++i)
    if (6 * stats.at<int>(i, cv::CC_STAT_AREA) >= largest) kept.setTo(255, labels == i);
  return kept;
}

/// The mask's box, in its proportions, in the middle of a square.
cv::Mat outline_in(const cv::Mat& mask) {
  const cv::Rect box = cv::boundingRect(mask);
  cv::Mat square = cv::Mat::zeros(Judge::kOutline, Judge::kOutline, CV_32F);
  if (box.empty()) return square;
  const double scale = static_cast<double>(Judge::kOutline) / std::max(box.width, box.height);
  const cv::Size size(std::max(1, cvRound(box.width * scale)), std::max(1, cvRound(box.height * scale)));
  cv::Mat part, small;
  mask(box).convertTo(part, CV_32F, 1.0 / 255);
  cv::resize(part, small, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  small.copyTo(square(
      cv::Rect((Judge::kOutline - size.width) / 2, (Judge::kOutline - size.height) / 2, size.width, size.height)));
  return square;
}

double overlap(const cv::Mat& a, const cv::Mat& b) {
  return cv::sum(cv::min(a, b))[0] / std::max(1e-6, cv::sum(cv::max(a, b))[0]);
}

/// The middle of what is set, fractions of the sides.
cv::Point2d middle_of(const cv::Mat& mask) {
  const cv::Moments moments = cv::moments(mask, true);
  return {moments.m10 / moments.m00 / mask.cols, moments.m01 / moments.m00 / mask.rows};
}

/// Whether middles of one or two subjects lie as a text says.
bool lie_as_told(Places places, const std::vector<cv::Point2d>& at) {
  constexpr double kApart = 0.15, kAside = 0.06;
  const auto left = [&](std::size_t i) { return at[i].x < 0.5 - kAside; };
  const auto right = [&](std::size_t i) { return at[i].x > 0.5 + kAside; };
  const auto above = [&](std::size_t a, std::size_t b) { return at[a].y < at[b].y - kApart; };
  switch (places) {
    case Places::kLeft:
      return left(0);
    case Places::kRight:
      return right(0);
    case Places::kLeftAndRight:
      return left(0) && right(1);
    case Places::kRightAndLeft:
      return right(0) && left(1);
    case Places::kAbove:
      return above(0, 1);
    case Places::kBelow:
      return above(1, 0);
    case Places::kLeftAndAbove:
      return left(0) && above(1, 0);
    case Places::kRightAndAbove:
      return right(0) && above(1, 0);
    default:
      return true;
  }
}

/// The mean colours of the outer cells of a grid of 4 × 4.
cv::Mat edge_of(const cv::Mat& picture) {
  cv::Mat cells, edge;
  cv::resize(to_lab(picture), cells, {4, 4}, 0, 0, cv::INTER_AREA);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x)
      if (y == 0 || y == 3 || x == 0 || x == 3) edge.push_back(cells.at<cv::Vec3f>(y, x));
  return edge;
}

}  // namespace

const std::vector<Judge::Example>& Judge::examples(int colour, const Order& order) {
  constexpr int kCount = 12;
  const bool pair = order.parts.size() > 1;
  std::vector<Example>& list = examples_[{colour, static_cast<int>(order.ground), order.paper, pair ? 1 : 0}];
  if (!list.empty()) return list;
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (int i = 0; i < kCount; ++i) {
      Order example = order;
      example.style = i % 2 == 0 ? Style::kPaperCut : Style::kPainted;
      for (Order::Part& part : example.parts)
        if (part.colour == colour) part.kind = static_cast<Kind>(kind);
      const cv::Mat picture = painter_.draw(arrange(example, kUnseen + static_cast<std::uint64_t>(i)), kSide);
      list.push_back({static_cast<Kind>(kind), outline_in(without_specks(pixels_of(picture, colour, order)))});
    }
  }
  return list;
}

const std::vector<std::pair<std::pair<Ground, int>, cv::Mat>>& Judge::grounds() {
  if (!grounds_.empty()) return grounds_;
  const auto add = [&](Ground ground, int paper) {
    for (const Style style : {Style::kPaperCut, Style::kPainted})
      for (std::uint64_t seed = 0; seed < 3; ++seed)
        grounds_.emplace_back(std::pair(ground, paper),
                              edge_of(painter_.draw(Scene{kUnseen + seed, style, ground, paper, {}}, kSide)));
  };
  for (const Ground ground : {Ground::kSky, Ground::kSea, Ground::kMeadow, Ground::kNight}) add(ground, 0);
  for (int paper = 0; paper < static_cast<int>(kColours.size()); ++paper) add(Ground::kPaper, paper);
  return grounds_;
}

Verdict Judge::operator()(const cv::Mat& large, const Order& order) {
  cv::Mat picture;
  cv::resize(large, picture, {kSide, kSide}, 0, 0, cv::INTER_AREA);
  Verdict verdict{true, true, false, false};
  std::vector<cv::Point2d> middles;
  for (const Order::Part& part : order.parts) {
    const cv::Mat mask = without_specks(pixels_of(picture, part.colour, order));
    if (cv::countNonZero(mask) < kMinArea * kSide * kSide) {
      verdict.colour = verdict.shape = false;
      continue;
    }
    middles.push_back(middle_of(mask));
    const cv::Mat outline = outline_in(mask);
    const auto& list = examples(part.colour, order);
    const auto nearest =
        std::ranges::max_element(list, {}, [&](const Example& example) { return overlap(example.outline, outline); });
    verdict.shape &= nearest->kind == part.kind && overlap(nearest->outline, outline) >= kMinOverlap;
  }
  verdict.place = verdict.colour && lie_as_told(order.places, middles);
  const cv::Mat edge = edge_of(picture);
  const auto nearest =
      std::ranges::min_element(grounds(), {}, [&](const auto& ground) { return cv::norm(ground.second, edge); });
  verdict.ground =
      nearest->first.first == order.ground && (order.ground != Ground::kPaper || nearest->first.second == order.paper);
  return verdict;
}

std::vector<Order> unseen_orders() {
  constexpr int kRed = 0, kOrange = 1, kYellow = 2, kGreen = 3, kBlue = 4, kPurple = 5, kPink = 6, kWhite = 7;
  const Style cut = Style::kPaperCut, painted = Style::kPainted;
  return {{{{Kind::kSun, kPurple}}, Ground::kPaper, kYellow, cut},
          {{{Kind::kMoon, kRed}}, Ground::kNight, 0, painted},
          {{{Kind::kStar, kGreen}}, Ground::kSky, 0, cut},
          {{{Kind::kHouse, kBlue}}, Ground::kMeadow, 0, cut},
          {{{Kind::kTree, kPink}}, Ground::kMeadow, 0, painted},
          {{{Kind::kFlower, kOrange}}, Ground::kPaper, kBlue, cut},
          {{{Kind::kFish, kYellow}}, Ground::kSea, 0, painted},
          {{{Kind::kBoat, kPurple}}, Ground::kSea, 0, cut},
          {{{Kind::kHeart, kWhite}}, Ground::kPaper, kRed, painted},
          {{{Kind::kMountain, kPink}}, Ground::kNight, 0, cut}};
}

std::vector<Order> unseen_pairs() {
  constexpr int kRed = 0, kOrange = 1, kYellow = 2, kGreen = 3, kBlue = 4, kPurple = 5, kPink = 6, kWhite = 7;
  constexpr Style cut = Style::kPaperCut, painted = Style::kPainted;
  return {{{{Kind::kHouse, kRed}, {Kind::kSun, kYellow}}, Ground::kMeadow, 0, cut, Places::kLeftAndAbove},
          {{{Kind::kTree, kGreen}, {Kind::kMoon, kWhite}}, Ground::kNight, 0, painted, Places::kLeftAndRight},
          {{{Kind::kBoat, kOrange}, {Kind::kFish, kPink}}, Ground::kSea, 0, cut, Places::kAbove},
          {{{Kind::kHeart, kRed}, {Kind::kStar, kYellow}}, Ground::kPaper, kBlue, painted, Places::kRightAndLeft},
          {{{Kind::kMountain, kPurple}, {Kind::kHouse, kOrange}}, Ground::kMeadow, 0, painted, Places::kUntold},
          {{{Kind::kFlower, kPink}, {Kind::kTree, kBlue}}, Ground::kMeadow, 0, cut, Places::kLeftAndRight},
          {{{Kind::kFish, kRed}, {Kind::kStar, kWhite}}, Ground::kNight, 0, cut, Places::kBelow},
          {{{Kind::kBoat, kGreen}, {Kind::kMoon, kOrange}}, Ground::kSea, 0, painted, Places::kRightAndAbove},
          {{{Kind::kHeart, kBlue}, {Kind::kFlower, kYellow}}, Ground::kPaper, kPink, cut, Places::kLeftAndRight},
          {{{Kind::kStar, kRed}, {Kind::kMountain, kBlue}}, Ground::kSky, 0, painted, Places::kAbove}};
}

}  // namespace train_embedded
