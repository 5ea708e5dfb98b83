// SPDX-License-Identifier: MIT
#include "imaging/latent_colours.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "imaging/regions/features.h"

namespace imaging {
namespace {

// One row for each of R, G and B; the last column is the constant. In 255ths.
constexpr double kSdxl[3][5] = {{60, -60, 25, -70, 150}, {60, -5, 15, -50, 140}, {60, 10, -5, -35, 130}};

// RGB of brightness and the two distances of blue and red from it (ITU-R BT.601).
constexpr double kFromBrightness[3][3] = {{1, 0, 1.402}, {1, -0.344136, -0.714136}, {1, 1.772, 0}};

constexpr double kDeviations = 2.5;  // of the first component, from grey to white

// map: (3, channels + 1).
cv::Mat mapped(const Planes& planes, const cv::Mat1d& map) {
  const std::size_t cells = static_cast<std::size_t>(planes.height) * planes.width;
  cv::Mat picture(planes.height, planes.width, CV_32FC3);
  auto* const pixels = picture.ptr<cv::Vec3f>();
  for (std::size_t cell = 0; cell < cells; ++cell) {
    for (int k = 0; k < 3; ++k) {
      double sum = map(k, planes.channels);
      for (int c = 0; c < planes.channels; ++c) sum += map(k, c) * planes.data[c * cells + cell];
      pixels[cell][k] = static_cast<float>(std::clamp(sum, 0.0, 1.0));
    }
  }
  return picture;
}

struct Spread {
  cv::Mat1d means;       // (channels,1)
  cv::Mat1d covariance;  // (channels,channels)
};

Spread spread_of(const Planes& planes) {
  const std::size_t cells = static_cast<std::size_t>(planes.height) * planes.width;
  Spread spread{cv::Mat1d(planes.channels, 1), cv::Mat1d(planes.channels, planes.channels)};
  for (int c = 0; c < planes.channels; ++c) {
    const float* plane = planes.data + c * cells;
    spread.means(c) = std::accumulate(plane, plane + cells, 0.0) / static_cast<double>(cells);
  }
  for (int c = 0; c < planes.channels; ++c) {
    for (int d = 0; d <= c; ++d) {
      const float *const a = planes.data + c * cells, *const b = planes.data + d * cells;
      double sum = 0;
      for (std::size_t i = 0; i < cells; ++i) sum += (a[i] - spread.means(c)) * (b[i] - spread.means(d));
      spread.covariance(c, d) = spread.covariance(d, c) = sum / static_cast<double>(cells);
    }
  }
  return spread;
}

}  // namespace

cv::Mat sdxl_colours(const Planes& planes) {
  return mapped(planes, cv::Mat1d(3, 5, const_cast<double*>(&kSdxl[0][0])) / 255);
}

cv::Mat principal_colours(const Planes& planes) {
  check(planes);
  const Spread spread = spread_of(planes);
  cv::Mat1d variances, components;  // in descending order, one a row
  cv::eigen(spread.covariance, variances, components);
  const double deviation = std::sqrt(std::max(variances(0), 0.0));
  const double unit = deviation > 0 ? 0.5 / (kDeviations * deviation) : 0;
  cv::Mat1d map = cv::Mat1d::zeros(3, planes.channels + 1);
  for (int k = 0; k < 3; ++k) {
    for (int i = 0; i < std::min(3, planes.channels); ++i) {
      double lowest = 0, greatest = 0;
      cv::minMaxLoc(components.row(i), &lowest, &greatest);
      const double sign = greatest >= -lowest ? 1 : -1;
      for (int c = 0; c < planes.channels; ++c) map(k, c) += kFromBrightness[k][i] * sign * unit * components(i, c);
    }
    map(k, planes.channels) = 0.5;
    for (int c = 0; c < planes.channels; ++c) map(k, planes.channels) -= map(k, c) * spread.means(c);
  }
  return mapped(planes, map);
}

}  // namespace imaging
