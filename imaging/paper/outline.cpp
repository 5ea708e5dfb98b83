// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>

#include "imaging/noise.h"
#include "imaging/paper/tear.h"

namespace imaging {
namespace {

// Calls field(u, v) with places in px from the piece's centre, u along its length.
template <class Function>
cv::Mat around(cv::Size size, const Piece& piece, const Function& field) {
  cv::Mat out(size, CV_32F);
  const double cx = piece.x * size.width, cy = piece.y * size.height;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const double dx = x + 0.5 - cx, dy = y + 0.5 - cy;
      out.at<float>(y, x) =
          static_cast<float>(field(dx * piece.turn_x + dy * piece.turn_y, dy * piece.turn_x - dx * piece.turn_y));
    }
  }
  return out;
}

// Two arcs of circles: a chord of the piece's length, a rise of half its width.
struct Leaf {
  Leaf(const Piece& piece, int height) : half(piece.length * height / 2) {
    rise = half * std::clamp(piece.aspect, 0.02, 1.0);
    radius = (half * half + rise * rise) / (2 * rise);
  }
  double operator()(double u, double v) const {
    const double w = std::abs(v) + radius - rise;
    return radius - std::sqrt(u * u + w * w);
  }
  double half, rise = 0, radius = 0;
};

}  // namespace

cv::Mat band_field(cv::Size size, const Band& band) {
  const Noise hills(mix(band.seed, 21)), crags(mix(band.seed, 22));
  cv::Mat out(size, CV_32F);
  const auto height = static_cast<double>(size.height);
  std::vector<double> ridge(static_cast<std::size_t>(size.width) + 1);
  for (int x = 0; x <= size.width; ++x) {
    const auto u = static_cast<float>(x / height);
    const double rolling = hills.fbm(2.1f * u, 0.5f, 3) - 0.5;
    // Folding noise at its middle makes ridges of it.
    const double fold = 1 - 2 * std::abs(2 * hills.fbm(1.3f * u, 9.5f, 1) - 1.0);
    const double craggy = 0.55 * fold + 0.5 * (crags.fbm(5 * u, 0.5f, 4) - 0.5);
    ridge[x] = height * (band.edge - band.relief * (2 * rolling * (1 - band.peaks) + craggy * band.peaks));
  }
  for (int x = 0; x < size.width; ++x) {
    const double slope = ridge[x + 1] - ridge[x];
    const auto steep = static_cast<float>(1 / std::sqrt(1 + slope * slope));  // distances across the slope, not down
    for (int y = 0; y < size.height; ++y)
      out.at<float>(y, x) = (static_cast<float>(y) + 0.5f - static_cast<float>(ridge[x])) * steep;
  }
  return out;
}

cv::Mat disc_field(cv::Size size, const Piece& piece) {
  const double radius = piece.length * size.height / 2, squeeze = 1 / std::max(piece.aspect, 1e-3);
  return around(size, piece, [=](double u, double v) {
    const double w = v * squeeze;
    return (radius - std::sqrt(u * u + w * w)) * std::min(1.0, piece.aspect);
  });
}

cv::Mat scrap_field(cv::Size size, const Piece& piece, std::uint64_t seed) {
  // The space between a few straight cuts around the centre, with uneven distances.
  constexpr int kSides = 6;
  constexpr double kCos[kSides] = {1, 0.5, -0.5, -1, -0.5, 0.5};
  constexpr double kSin[kSides] = {0, 0.8660254037844386,  0.8660254037844386,
                                   0, -0.8660254037844386, -0.8660254037844386};
  std::array<double, kSides> reach{}, nx{}, ny{};
  const double half = piece.length * size.height / 2, aspect = std::max(piece.aspect, 1e-3);
  for (int i = 0; i < kSides; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    const double x = kCos[i] + 0.35 * (2 * unit(seed, 31 + k) - 1), y = kSin[i] + 0.35 * (2 * unit(seed, 51 + k) - 1);
    const double norm = std::sqrt(x * x + y * y);
    nx[i] = x / norm, ny[i] = y / norm;
    reach[i] = half * (0.72 + 0.28 * unit(seed, 71 + k));
  }
  return around(size, piece, [=](double u, double v) {
    double inside = 1e9;
    for (int i = 0; i < kSides; ++i) inside = std::min(inside, reach[i] - u * nx[i] - v / aspect * ny[i]);
    return inside * std::min(1.0, aspect);
  });
}

cv::Mat leaf_field(cv::Size size, const Piece& piece) {
  const Leaf leaf(piece, size.height);
  return around(size, piece, leaf);
}

cv::Mat tree_field(cv::Size size, const Piece& piece) {
  const Leaf leaf(piece, size.height);
  // The crown is longest above its widest place, and its foot is four fifths as wide.
  const double shift = 0.25 * leaf.half, foot = 0.6 * leaf.half;
  return around(size, piece, [=](double u, double v) { return std::min(leaf(u - shift, v), foot + shift - u); });
}

}  // namespace imaging
