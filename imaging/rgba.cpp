// SPDX-License-Identifier: MIT
#include "imaging/rgba.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <numbers>
#include <stdexcept>

#include "imaging/resample.h"

namespace imaging {
namespace {

void require_rgba(const cv::Mat& picture) {
  if (picture.empty() || picture.type() != CV_8UC4) throw std::invalid_argument("8-bit RGBA pixels are due");
}

cv::Mat premultiplied(const cv::Mat& picture) {
  cv::Mat out(picture.size(), CV_8UC4);
  for (int y = 0; y < picture.rows; ++y) {
    const auto* from = picture.ptr<cv::Vec4b>(y);
    auto* to = out.ptr<cv::Vec4b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      for (int c = 0; c < 3; ++c) to[x][c] = divided_by_255(unsigned{from[x][c]} * from[x][3]);
      to[x][3] = from[x][3];
    }
  }
  return out;
}

/// In place.
void divide_by_alpha(cv::Mat& picture) {
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<cv::Vec4b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const int alpha = row[x][3];
      if (alpha == 0 || alpha == 255) continue;
      for (int c = 0; c < 3; ++c) row[x][c] = static_cast<unsigned char>(std::min(255, 255 * row[x][c] / alpha));
    }
  }
}

/// 16 bits of fraction.
std::int64_t fixed_point(double v) {
  return static_cast<std::int64_t>(std::floor(v * 65536 + 0.5));
}

double to_15_digits(double v) {
  return std::nearbyint(v * 1e15) / 1e15;
}

cv::Mat nearest_turned(const cv::Mat& picture, double degrees) {
  const double angle = -(degrees * (std::numbers::pi / 180));
  const double cosine = to_15_digits(std::cos(angle)), sine = to_15_digits(std::sin(angle));
  const double middle_x = picture.cols / 2.0, middle_y = picture.rows / 2.0;
  const double from_x = cosine * -middle_x + sine * -middle_y + middle_x,
               from_y = -sine * -middle_x + cosine * -middle_y + middle_y;
  const std::int64_t across = fixed_point(cosine), down = fixed_point(sine), back = fixed_point(-sine);
  const std::int64_t first_x = fixed_point(from_x + cosine * 0.5 + sine * 0.5),
                     first_y = fixed_point(from_y + -sine * 0.5 + cosine * 0.5);
  cv::Mat out(picture.size(), CV_8UC4, cv::Scalar(0, 0, 0, 0));
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const std::int64_t at_x = (first_x + across * x + down * y) >> 16, at_y = (first_y + back * x + across * y) >> 16;
      if (at_x < 0 || at_x >= picture.cols || at_y < 0 || at_y >= picture.rows) continue;
      out.at<cv::Vec4b>(y, x) = picture.at<cv::Vec4b>(static_cast<int>(at_y), static_cast<int>(at_x));
    }
  }
  return out;
}

/// An edge of a polygon, px.
struct PolygonEdge {
  double ax, ay, bx, by;
};

std::vector<PolygonEdge> edges_of(const std::vector<std::vector<RelativePoint>>& rings, int width, int height) {
  std::vector<PolygonEdge> edges;
  for (const std::vector<RelativePoint>& ring : rings) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const RelativePoint &a = ring[i], &b = ring[(i + 1) % ring.size()];
      edges.push_back({a.x * width, a.y * height, b.x * width, b.y * height});
    }
  }
  return edges;
}

}  // namespace

cv::Mat resized_rgba(const cv::Mat& picture, int width, int height) {
  require_rgba(picture);
  if (picture.cols == width && picture.rows == height) return picture;
  cv::Mat out = bicubic(premultiplied(picture), width, height);
  divide_by_alpha(out);
  return out;
}

cv::Mat rotated_rgba(const cv::Mat& picture, double degrees) {
  require_rgba(picture);
  double turn = std::fmod(degrees, 360.0);
  if (turn < 0) turn += 360;
  cv::Mat out;
  if (turn == 0) return picture;
  if (turn == 180) cv::rotate(picture, out, cv::ROTATE_180);
  else if (turn == 90 && picture.cols == picture.rows) cv::rotate(picture, out, cv::ROTATE_90_COUNTERCLOCKWISE);
  else if (turn == 270 && picture.cols == picture.rows) cv::rotate(picture, out, cv::ROTATE_90_CLOCKWISE);
  else out = nearest_turned(picture, turn);
  return out;
}

void paste(cv::Mat& onto, const cv::Mat& picture, const cv::Mat& mask, cv::Point at) {
  if (picture.type() != onto.type() || onto.depth() != CV_8U) throw std::invalid_argument("8-bit pixels are due");
  if (mask.type() != CV_8UC1 || mask.size() != picture.size())
    throw std::invalid_argument("a mask of the picture's size is due");
  const cv::Rect target = cv::Rect(at, picture.size()) & cv::Rect({}, onto.size());
  const int channels = onto.channels();
  for (int y = target.y; y < target.y + target.height; ++y) {
    const auto* from = picture.ptr<unsigned char>(y - at.y) + static_cast<std::ptrdiff_t>(target.x - at.x) * channels;
    const auto* weight = mask.ptr<unsigned char>(y - at.y) + (target.x - at.x);
    auto* to = onto.ptr<unsigned char>(y) + static_cast<std::ptrdiff_t>(target.x) * channels;
    for (int x = 0; x < target.width; ++x, ++weight) {
      const unsigned w = *weight;
      for (int c = 0; c < channels; ++c, ++from, ++to) *to = divided_by_255(*to * (255 - w) + *from * w);
    }
  }
}

cv::Mat inside_polygon(const std::vector<std::vector<RelativePoint>>& rings, int width, int height) {
  const std::vector<PolygonEdge> edges = edges_of(rings, width, height);
  cv::Mat mask(height, width, CV_8UC1, cv::Scalar(0));
  std::vector<PolygonEdge> crossing;
  for (int y = 0; y < height; ++y) {
    crossing.clear();
    std::ranges::copy_if(edges, std::back_inserter(crossing),
                         [&](const PolygonEdge& edge) { return (edge.ay >= y) != (edge.by >= y); });
    for (int x = 0; x < width; ++x) {
      const auto beside = std::ranges::count_if(crossing, [&](const PolygonEdge& e) {
        return ((e.by - y) * (e.ax - e.bx) >= (e.bx - x) * (e.ay - e.by)) == (e.by >= y);
      });
      if (beside % 2 == 1) mask.at<unsigned char>(y, x) = 255;
    }
  }
  return mask;
}

}  // namespace imaging
