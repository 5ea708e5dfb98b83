// SPDX-License-Identifier: MIT
#include "methods/layering/levels.h"

#include <stdexcept>

#include "imaging/gaussian_blur.h"
#include "imaging/masks.h"
#include "imaging/rgba.h"

namespace layering {
namespace {

cv::Mat map_in_bytes(std::span<const cv::Mat> masks, std::span<const double> values, double ground, MapForm form) {
  cv::Mat map(masks[0].size(), CV_8UC1, cv::Scalar(static_cast<int>(255 * ground)));
  for (std::size_t i = 0; i < masks.size(); ++i) {
    cv::Mat levels(map.size(), CV_8UC1), through(map.size(), CV_8UC1);
    for (int y = 0; y < map.rows; ++y) {
      for (int x = 0; x < map.cols; ++x) {
        const double mask = masks[i].at<double>(y, x);
        levels.at<unsigned char>(y, x) = static_cast<unsigned char>(mask * values[i] * 255);
        through.at<unsigned char>(y, x) = static_cast<unsigned char>(form == MapForm::kFaint ? mask : mask * 255);
      }
    }
    imaging::paste(map, levels, through);
  }
  return map;
}

cv::Mat exact_map(std::span<const cv::Mat> masks, std::span<const double> values, double ground) {
  cv::Mat map(masks[0].size(), CV_64FC1, cv::Scalar(255 * ground));
  for (std::size_t i = 0; i < masks.size(); ++i) {
    for (int y = 0; y < map.rows; ++y) {
      auto* row = map.ptr<double>(y);
      const auto* mask = masks[i].ptr<double>(y);
      for (int x = 0; x < map.cols; ++x) row[x] = mask[x] * (255 * values[i]) + (1 - mask[x]) * row[x];
    }
  }
  return map;
}

}  // namespace

cv::Mat level_map(std::span<const cv::Mat> masks, std::span<const double> values, double ground, MapForm form,
                  double blur) {
  if (masks.empty() || masks.size() != values.size())
    throw std::invalid_argument(std::to_string(values.size()) + " values for " + std::to_string(masks.size()) +
                                " layers");
  if (form != MapForm::kExact)
    return imaging::mask_of_bytes(imaging::gaussian_blur(map_in_bytes(masks, values, ground, form), blur));
  cv::Mat map;
  const cv::Mat exact = imaging::gaussian_blur_exact(exact_map(masks, values, ground), blur);
  exact.convertTo(map, CV_32F, 1 / 255.0);
  return map;
}

}  // namespace layering
