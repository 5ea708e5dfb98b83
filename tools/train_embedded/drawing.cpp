// SPDX-License-Identifier: MIT
#include "tools/train_embedded/drawing.h"

#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "imaging/paper/paper.h"
#include "tools/train_embedded/chance.h"

namespace train_embedded {
namespace {

constexpr int kSide = 256, kSheet = 384;
constexpr int kShift = 4;  // fraction bits of polygon corners
const cv::Vec3f kSky(0.60f, 0.80f, 0.92f), kHaze(0.82f, 0.90f, 0.93f), kSea(0.10f, 0.46f, 0.56f),
    kDeep(0.06f, 0.33f, 0.45f), kMeadow(0.50f, 0.68f, 0.28f), kMeadowFront(0.40f, 0.58f, 0.22f),
    kNight(0.09f, 0.12f, 0.27f), kStars(0.93f, 0.90f, 0.72f);

/// Paler than subjects are.
cv::Vec3f paper_colour(int colour) {
  return kColours[static_cast<std::size_t>(colour)].rgb * 0.6f + cv::Vec3f(1, 1, 1) * 0.4f;
}

struct Laying {
  bool shadow;
  double rim;  ///< strength of the white edge
};

cv::Point fixed(cv::Point2d p) {
  return {cvRound(p.x * (1 << kShift)), cvRound(p.y * (1 << kShift))};
}

cv::Mat fill(const std::vector<std::vector<cv::Point2d>>& polygons, cv::Size size) {
  cv::Mat mask = cv::Mat::zeros(size, CV_8U);
  std::vector<std::vector<cv::Point>> corners;
  for (const auto& polygon : polygons) {
    std::vector<cv::Point>& out = corners.emplace_back();
    for (const cv::Point2d& p : polygon) out.push_back(fixed(p));
  }
  cv::fillPoly(mask, corners, 255, cv::LINE_AA, kShift);
  return mask;
}

std::vector<std::vector<cv::Point2d>> place(const Part& part, const Subject& subject, cv::Size size) {
  const int side = std::min(size.width, size.height);
  const double c = std::cos(subject.turn), s = std::sin(subject.turn), mirror = subject.mirrored ? -1 : 1;
  auto polygons = part.polygons;
  for (auto& polygon : polygons) {
    for (cv::Point2d& p : polygon) {
      const double x = mirror * p.x * subject.size, y = p.y * subject.size;
      p = {subject.x * size.width + (c * x - s * y) * side, subject.y * size.height + (s * x + c * y) * side};
    }
  }
  return polygons;
}

/// canvas ← canvas·(1 − mask) + piece·mask, after what the piece's shadow takes.
void lay(cv::Mat& canvas, const cv::Mat& piece, const cv::Mat& mask, const Laying& laying) {
  cv::Rect box = cv::boundingRect(mask);
  box = cv::Rect(box.x - 14, box.y - 14, box.width + 28, box.height + 28) & cv::Rect(0, 0, canvas.cols, canvas.rows);
  if (box.empty()) return;
  cv::Mat cover, shade;
  mask(box).convertTo(cover, CV_32F, 1.0 / 255);
  cv::Mat target = canvas(box);
  if (laying.shadow) {
    const cv::Mat move = (cv::Mat_<double>(2, 3) << 1, 0, 2.5, 0, 1, 3.5);
    cv::warpAffine(cover, shade, move, cover.size());
    cv::GaussianBlur(shade, shade, {9, 9}, 2.2);
  }
  cv::Mat rim;
  if (laying.rim > 0) {
    cv::GaussianBlur(cover, rim, {5, 5}, 1.2);
  }
  for (int y = 0; y < box.height; ++y) {
    auto* row = target.ptr<cv::Vec3f>(y);
    const auto* paper = piece.ptr<cv::Vec3f>(y + box.y) + box.x;
    for (int x = 0; x < box.width; ++x) {
      const float a = cover.at<float>(y, x);
      const float dark = laying.shadow ? 1 - 0.4f * shade.at<float>(y, x) : 1;
      cv::Vec3f colour = paper[x];
      if (laying.rim > 0)
        colour += (cv::Vec3f(1, 1, 1) - colour) * (1 - rim.at<float>(y, x)) * static_cast<float>(laying.rim);
      row[x] = row[x] * dark * (1 - a) + colour * a;
    }
  }
}

/// What lies below a wavy line.
cv::Mat band(double height, double relief, double waves, cv::Size size, Chance& chance) {
  std::vector<cv::Point2d> polygon{{size.width + 20.0, size.height + 20.0}, {-20.0, size.height + 20.0}};
  const double phase = chance.between(0, 6.28);
  for (int i = -20; i <= size.width + 20; i += 4)
    polygon.emplace_back(i, size.height * (height + relief * std::sin(phase + waves * 6.28 * i / kSide)));
  return fill({polygon}, size);
}

}  // namespace

const cv::Mat& Painter::sheet(const cv::Vec3f& colour, Style style) {
  const auto byte = [](float v) { return static_cast<std::uint64_t>(cvRound(255 * v)); };
  const std::uint64_t key =
      byte(colour[0]) << 24 | byte(colour[1]) << 16 | byte(colour[2]) << 8 | static_cast<std::uint64_t>(style);
  cv::Mat& sheet = sheets_[key];
  if (!sheet.empty()) return sheet;
  const cv::Vec3f white(1, 1, 1);
  imaging::PaperSheet order{.seed = key, .width = kSheet, .height = kSheet};
  const bool painted = style == Style::kPainted;
  order.style = painted ? imaging::PaperStyle::kPainted : imaging::PaperStyle::kPlain;
  order.palette = painted ? imaging::Palette{colour, colour * 0.93f, colour * 0.83f, colour * 0.85f + white * 0.15f}
                          : imaging::Palette{colour, colour * 0.96f, colour * 0.92f, colour * 0.92f + white * 0.08f};
  sheet = imaging::draw_paper(order);
  return sheet;
}

cv::Mat Painter::cut(const cv::Vec3f& colour, Style style, std::uint64_t seed, cv::Size size) {
  Chance chance(seed);
  const cv::Mat& whole = sheet(colour, style);
  return whole(cv::Rect(cv::Point(chance.below(kSheet - kSide), chance.below(kSheet - kSide)), size));
}

cv::Mat Painter::lay_ground(const Scene& scene, cv::Size size) {
  Chance chance(imaging::mix(scene.seed, 11));
  const Laying laying{scene.style == Style::kPaperCut, scene.style == Style::kPaperCut ? 0.5 : 0.0};
  std::uint64_t part = 20;
  const auto paper = [&](const cv::Vec3f& colour) {
    return cut(colour, scene.style, imaging::mix(scene.seed, part++), size);
  };
  if (scene.ground == Ground::kSky) return paper(kSky).clone();
  if (scene.ground == Ground::kPaper) {
    return paper(paper_colour(scene.paper)).clone();
  }
  if (scene.ground == Ground::kNight) {
    cv::Mat canvas = paper(kNight).clone();
    const cv::Mat stars = paper(kStars);
    std::vector<std::vector<cv::Point2d>> dots;
    for (int i = 0; i < 14; ++i) {
      const double x = chance.between(0, size.width), y = chance.between(0, size.height), r = chance.between(2, 4);
      dots.push_back({{x - r, y}, {x, y - r}, {x + r, y}, {x, y + r}});
    }
    lay(canvas, stars, fill(dots, size), {false, 0});
    return canvas;
  }
  cv::Mat canvas = paper(kHaze).clone();
  const bool sea = scene.ground == Ground::kSea;
  const double line = chance.between(0.52, 0.60);
  lay(canvas, paper(sea ? kSea : kMeadow), band(line, sea ? 0.012 : 0.04, sea ? 5 : 0.8, size, chance), laying);
  lay(canvas, paper(sea ? kDeep : kMeadowFront), band(line + 0.22, sea ? 0.016 : 0.04, sea ? 4 : 0.7, size, chance),
      laying);
  return canvas;
}

void Painter::lay_subject(cv::Mat& canvas, const Scene& scene, const Subject& subject) {
  const bool shadow = scene.style == Style::kPaperCut;
  std::uint64_t part = 40 + 20 * static_cast<std::uint64_t>(subject.kind);
  for (const Part& piece : outline_of(subject.kind)) {
    const cv::Vec3f colour = tone_of(piece.tone, kColours[static_cast<std::size_t>(subject.colour)].rgb);
    const cv::Mat mask = fill(place(piece, subject, canvas.size()), canvas.size());
    lay(canvas, cut(colour, scene.style, imaging::mix(scene.seed, part++), canvas.size()), mask,
        {shadow, shadow ? 0.5 : 0.0});
  }
}

cv::Mat Painter::draw(const Scene& scene, cv::Size size) {
  const double scale = static_cast<double>(kSide) / std::max(size.width, size.height);
  cv::Mat canvas = lay_ground(scene, {cvRound(scale * size.width), cvRound(scale * size.height)});
  for (const Subject& subject : scene.subjects) lay_subject(canvas, scene, subject);
  if (canvas.size() == size) return canvas;
  cv::Mat resized;
  cv::resize(canvas, resized, size, 0, 0, scale > 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return resized;
}

std::vector<cv::Vec3f> ground_colours(Ground ground, int paper) {
  switch (ground) {
    case Ground::kSky:
      return {kSky};
    case Ground::kSea:
      return {kHaze, kSea, kDeep};
    case Ground::kMeadow:
      return {kHaze, kMeadow, kMeadowFront};
    case Ground::kNight:
      return {kNight, kStars};
    default:
      return {paper_colour(paper)};
  }
}

cv::Mat subject_mask(const Subject& subject, int side) {
  cv::Mat mask = cv::Mat::zeros(side, side, CV_8U);
  for (const Part& part : outline_of(subject.kind)) mask |= fill(place(part, subject, mask.size()), mask.size());
  return mask;
}

}  // namespace train_embedded
