// SPDX-License-Identifier: MIT
#include "imaging/files/alpha.h"

#include <opencv2/imgcodecs.hpp>
#include <stdexcept>

#include "base/reading.h"

namespace imaging {

cv::Mat read_alpha(const std::string& path, const PictureLimits& limits) {
  read_picture_header(path, limits);
  std::string file = base::read_file(path, PictureLimits::kFileBytes, limits.file_bytes);
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, file.data());
  cv::Mat samples, alpha;
  try {
    samples = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {
  }
  if (samples.empty()) throw std::runtime_error(path + ": the picture is damaged or cut off");
  if (samples.channels() != 4) return {samples.size(), CV_8UC1, cv::Scalar(255)};
  cv::extractChannel(samples, alpha, 3);
  if (alpha.depth() == CV_16U) alpha.convertTo(alpha, CV_8U, 255.0 / 65535.0);
  else if (alpha.depth() != CV_8U) alpha.convertTo(alpha, CV_8U, 255.0);
  return alpha;
}

cv::Mat read_rgba(const std::string& path, const PictureLimits& limits) {
  cv::Mat alpha = read_alpha(path, limits), picture;
  double least = 255;
  cv::minMaxLoc(alpha, &least);
  // Rows of a transparency are as the file has them; what was taken turned has none.
  const cv::Mat pixels = read_pixels(path, least < 255 ? Orientation::kAsStored : Orientation::kUpright, limits);
  if (least == 255) alpha = cv::Mat(pixels.size(), CV_8UC1, cv::Scalar(255));
  cv::merge(std::vector<cv::Mat>{pixels, alpha}, picture);
  return picture;
}

}  // namespace imaging
