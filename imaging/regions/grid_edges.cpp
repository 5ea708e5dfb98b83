// SPDX-License-Identifier: MIT
#include "imaging/regions/grid_edges.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace imaging {
namespace {

// Half of a Gaussian: its middle, then outwards.
std::vector<double> half_gaussian(double sigma) {
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> kernel(static_cast<std::size_t>(radius) + 1);
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    const double weight = sigma > 0 ? std::exp(-0.5 / (sigma * sigma) * (i * i)) : 1;
    kernel[std::abs(i)] = weight;
    sum += weight;
  }
  for (double& weight : kernel) weight /= sum;
  return kernel;
}

// …, 1, 0, 0, 1, …, size − 1, size − 1, size − 2, …
int mirrored(int i, int size) {
  const int period = 2 * size, place = ((i % period) + period) % period;
  return place < size ? place : period - 1 - place;
}

// Blurs rows one by one. The farthest cells are added first, as scipy does.
class RowBlur {
 public:
  RowBlur(const Planes& planes, double sigma)
      : planes_(planes), kernel_(half_gaussian(sigma)), radius_(static_cast<int>(kernel_.size()) - 1) {
    row_.resize(static_cast<std::size_t>(planes.width) + 2 * radius_);
  }

  void operator()(int channel, int y, double* out) {
    const std::ptrdiff_t width = planes_.width;
    const float* plane = planes_.data + channel * planes_.height * width;
    double* const row = row_.data() + radius_;
    const float* middle = plane + y * width;
    for (int x = 0; x < width; ++x) row[x] = middle[x] * kernel_[0];
    for (int j = radius_; j > 0; --j) {
      const float* above = plane + mirrored(y - j, planes_.height) * width;
      const float* below = plane + mirrored(y + j, planes_.height) * width;
      const double weight = kernel_[j];
      for (int x = 0; x < width; ++x) row[x] += (double{above[x]} + double{below[x]}) * weight;
    }
    for (int j = 1; j <= radius_; ++j) {
      row[-j] = row[mirrored(-j, planes_.width)];
      row[width - 1 + j] = row[mirrored(planes_.width - 1 + j, planes_.width)];
    }
    for (int x = 0; x < width; ++x) out[x] = row[x] * kernel_[0];
    for (int j = radius_; j > 0; --j) {
      const double weight = kernel_[j];
      for (int x = 0; x < width; ++x) out[x] += (row[x - j] + row[x + j]) * weight;
    }
  }

 private:
  const Planes planes_;
  const std::vector<double> kernel_;
  const int radius_;
  std::vector<double> row_;
};

// out[i] = |a_i − b_i| over the channels, whose rows lie `stride` apart. Their number is known beforehand but for 0.
template <int kChannels>
void distances(const double* a, const double* b, std::ptrdiff_t stride, int channels, int count, double* out) {
  const int known_channels = kChannels > 0 ? kChannels : channels;
  for (int i = 0; i < count; ++i) {
    double sum = 0;
    for (int c = 0; c < known_channels; ++c) {
      const double difference = a[c * stride + i] - b[c * stride + i];
      sum += difference * difference;
    }
    out[i] = std::sqrt(sum);
  }
}

}  // namespace

GridEdges blurred_distances(const Planes& features, double sigma, Scratch& scratch) {
  const int height = features.height, width = features.width, channels = features.channels;
  const std::ptrdiff_t cells = std::ptrdiff_t{height} * width;
  const std::span<double> weights = scratch.take<double>(GridEdges::kDirections * static_cast<std::size_t>(cells));
  constexpr double kNone = std::numeric_limits<double>::infinity();
  const auto between = [&](const double* a, const double* b, int count, double* out) {
    (channels == 4 ? distances<4> : distances<0>)(a, b, width, channels, count, out);
  };
  RowBlur blur(features, sigma);
  std::vector<double> above(static_cast<std::size_t>(channels) * width), row(above.size());
  for (int y = 0; y < height; ++y) {
    for (int c = 0; c < channels; ++c) blur(c, y, row.data() + std::ptrdiff_t{c} * width);
    double* const right = weights.data() + std::ptrdiff_t{y} * width;
    double *const down = right + cells - width, *const down_right = down + cells, *const up_right = right + 3 * cells;
    between(row.data(), row.data() + 1, width - 1, right);
    right[width - 1] = up_right[width - 1] = kNone;
    if (y > 0) {
      between(above.data(), row.data(), width, down);
      between(above.data(), row.data() + 1, width - 1, down_right);
      between(row.data(), above.data() + 1, width - 1, up_right);
      down_right[width - 1] = kNone;
    } else {
      std::fill_n(up_right, width, kNone);
    }
    std::swap(above, row);
  }
  std::fill_n(weights.data() + 2 * cells - width, width, kNone);
  std::fill_n(weights.data() + 3 * cells - width, width, kNone);
  return {.height = height, .width = width, .weights = weights};
}

}  // namespace imaging
