// SPDX-License-Identifier: MIT
#include "imaging/paper/laying.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "imaging/noise.h"

namespace imaging {
namespace {

// From -1 to 1.
double swing(std::uint64_t seed, std::uint64_t value) {
  return 2 * unit(seed, value) - 1;
}

cv::Mat field_of(cv::Size size, const Laying& laying) {
  const std::uint64_t seed = laying.seed;
  const double length = laying.size * (1 + laying.vary * swing(seed, 4));
  const double y = laying.y + laying.spread_y * swing(seed, 2);
  if (laying.shape == PieceShape::kBand) return band_field(size, {seed, y, length, laying.peaks});
  const double angle = (laying.angle + laying.swing * swing(seed, 3)) * std::numbers::pi / 180;
  const double x = laying.x + laying.spread_x * swing(seed, 1);
  const Piece piece{x, y, length, laying.aspect, std::cos(angle), std::sin(angle)};
  if (laying.shape == PieceShape::kDisc) return disc_field(size, piece);
  if (laying.shape == PieceShape::kLeaf) return leaf_field(size, piece);
  if (laying.shape == PieceShape::kTree) return tree_field(size, piece);
  return scrap_field(size, piece, seed);
}

cv::Vec3f top_colour(const cv::Mat& canvas) {
  const int rows = std::max(1, canvas.rows / 50);
  cv::Vec3d sum(0, 0, 0);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < canvas.cols; ++x) sum += cv::Vec3d(canvas.at<cv::Vec3f>(y, x));
  }
  return cv::Vec3f(sum * (1.0 / (static_cast<double>(rows) * canvas.cols)));
}

void add_haze(cv::Mat& sheet, const cv::Vec3f& colour, float haze) {
  for (int y = 0; y < sheet.rows; ++y) {
    for (int x = 0; x < sheet.cols; ++x) {
      auto& pixel = sheet.at<cv::Vec3f>(y, x);
      pixel += (colour - pixel) * haze;
    }
  }
}

}  // namespace

PieceShape shape_named(const std::string& name) {
  if (name == "band") return PieceShape::kBand;
  if (name == "disc") return PieceShape::kDisc;
  if (name == "scrap") return PieceShape::kScrap;
  if (name == "leaf") return PieceShape::kLeaf;
  if (name == "tree") return PieceShape::kTree;
  if (name == "sheet") return PieceShape::kSheet;
  throw std::invalid_argument("no shape '" + name + "': there are band, disc, scrap, leaf, tree and sheet");
}

cv::Mat lay(const cv::Mat& canvas, const cv::Mat& paper, const Laying& laying) {
  const double scale = laying.scale * canvas.rows / paper.rows;
  cv::Mat sheet = cut_sheet(paper, canvas.size(), scale, mix(laying.seed, 5));
  if (laying.haze > 0) add_haze(sheet, top_colour(canvas), static_cast<float>(laying.haze));
  if (laying.shape == PieceShape::kSheet) return sheet;
  Tear tear = laying.tear;
  tear.seed = mix(laying.seed, 6);
  return lay_piece(canvas, sheet, field_of(canvas.size(), laying), tear);
}

std::vector<int> shuffled(int n, std::uint64_t seed) {
  std::vector<int> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (int i = n - 1; i > 0; --i) {
    std::swap(order[i],
              order[static_cast<int>(mix(seed, static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(i + 1))]);
  }
  return order;
}

}  // namespace imaging
