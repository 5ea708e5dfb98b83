// SPDX-License-Identifier: MIT
#include "imaging/resize.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "imaging/files/picture.h"
#include "imaging/resample.h"

namespace imaging {
namespace {

int interpolation(Filter filter) {
  switch (filter) {
    case Filter::kNearest:
      return cv::INTER_NEAREST_EXACT;
    case Filter::kLinear:
    case Filter::kBilinear:
      return cv::INTER_LINEAR;
    case Filter::kCubic:
      return cv::INTER_CUBIC;
    case Filter::kLanczos:
      return cv::INTER_LANCZOS4;
    case Filter::kArea:
      return cv::INTER_LINEAR;
    case Filter::kLanczos8Bit:
      break;
  }
  throw std::logic_error("a filter without interpolation");
}

int scaled(int side, double scale) {
  return std::max(1, static_cast<int>(std::lround(side * scale)));
}

}  // namespace

Filter filter_named(const std::string& name) {
  if (name == "nearest") return Filter::kNearest;
  if (name == "linear") return Filter::kLinear;
  if (name == "cubic") return Filter::kCubic;
  if (name == "lanczos") return Filter::kLanczos;
  if (name == "area") return Filter::kArea;
  if (name == "lanczos-8bit") return Filter::kLanczos8Bit;
  if (name == "bilinear") return Filter::kBilinear;
  throw std::invalid_argument("no filter '" + name +
                              "': there are nearest, linear, cubic, lanczos, area, lanczos-8bit and bilinear");
}

Fit fit_named(const std::string& name) {
  if (name == "stretch") return Fit::kStretch;
  if (name == "cover") return Fit::kCover;
  if (name == "contain") return Fit::kContain;
  throw std::invalid_argument("no fit '" + name + "': there are stretch, cover and contain");
}

cv::Mat resize(const cv::Mat& picture, int width, int height, Filter filter) {
  if (picture.cols == width && picture.rows == height) return picture;
  if (filter == Filter::kLanczos8Bit) return from_8bit(lanczos(to_8bit(picture), width, height));
  cv::Mat out;
  if (filter == Filter::kNearest || filter == Filter::kBilinear) {
    cv::resize(picture, out, {width, height}, 0, 0, interpolation(filter));
    return out;
  }
  // First what shrinks, then what grows.
  const cv::Size shrunk(std::min(width, picture.cols), std::min(height, picture.rows));
  cv::Mat small = picture;
  if (shrunk != picture.size()) cv::resize(picture, small, shrunk, 0, 0, cv::INTER_AREA);
  if (shrunk == cv::Size(width, height)) return small;
  cv::resize(small, out, {width, height}, 0, 0, interpolation(filter));
  cv::max(cv::min(out, 1.0), 0.0, out);  // cubic and lanczos overshoot at edges
  return out;
}

cv::Mat resize(const cv::Mat& picture, int width, int height, Filter filter, Fit fit, const cv::Scalar& background) {
  const double across = static_cast<double>(width) / picture.cols;
  const double down = static_cast<double>(height) / picture.rows;
  if (fit == Fit::kStretch || across == down) return resize(picture, width, height, filter);
  if (fit == Fit::kCover) {
    // Cropped before it is resampled: the window of the picture that has the proportions asked for.
    const double scale = std::max(across, down);
    const int w = std::min(picture.cols, scaled(width, 1.0 / scale)),
              h = std::min(picture.rows, scaled(height, 1.0 / scale));
    return resize(picture(cv::Rect((picture.cols - w) / 2, (picture.rows - h) / 2, w, h)), width, height, filter);
  }
  const double scale = std::min(across, down);
  const int w = std::min(width, scaled(picture.cols, scale)), h = std::min(height, scaled(picture.rows, scale));
  cv::Mat out(height, width, picture.type(), background);
  resize(picture, w, h, filter).copyTo(out(cv::Rect((width - w) / 2, (height - h) / 2, w, h)));
  return out;
}

cv::Scalar colour_named(const std::string& text) {
  const auto digit = [&](std::size_t at) {
    const std::size_t value = std::string_view("0123456789abcdef").find(static_cast<char>(std::tolower(text[at])));
    if (value == std::string_view::npos)
      throw std::invalid_argument("'" + text + "' is not a colour: write it as #rrggbb");
    return static_cast<double>(value);
  };
  if (text.size() != 7 || text[0] != '#')
    throw std::invalid_argument("'" + text + "' is not a colour: write it as #rrggbb");
  cv::Scalar colour;
  for (int i = 0; i < 3; ++i) colour[i] = (16 * digit(1 + 2 * i) + digit(2 + 2 * i)) / 255.0;
  return colour;
}

}  // namespace imaging
