// SPDX-License-Identifier: MIT
#include "imaging/edges.h"

#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace imaging {

cv::Mat canny(const cv::Mat& pixels, double low, double high) {
  if (pixels.empty() || pixels.type() != CV_8UC3) throw std::invalid_argument("8-bit RGB pixels are due");
  cv::Mat edges;
  cv::Canny(pixels, edges, low, high);
  return edges;
}

}  // namespace imaging
