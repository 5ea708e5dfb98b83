// SPDX-License-Identifier: MIT
#include "imaging/label.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string_view>

namespace imaging {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_DUPLEX;
constexpr int kOver = 4;           // drawn so many times larger, then averaged down
constexpr double kCapital = 21.0;  // px of a capital at scale 1

// U+00C0 to U+00FF without their accents.
constexpr std::string_view kLatin1 = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";

std::string ascii(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out += byte < 0x20 ? ' ' : text[i];
    } else if (byte == 0xC3 && i + 1 < text.size()) {
      out += kLatin1[static_cast<unsigned char>(text[++i]) & 0x3F];
    } else if (byte >= 0xC0) {
      out += '?';  // the bytes that follow it are left out
    }
  }
  return out;
}

cv::Size measure(const std::string& text, double height, int* below) {
  return cv::getTextSize(ascii(text), kFont, kOver * height / kCapital, kOver, below);
}

}  // namespace

int text_width(const std::string& text, double height) {
  int below = 0;
  return (measure(text, height, &below).width + kOver - 1) / kOver;
}

void draw_text(cv::Mat& picture, const std::string& text, cv::Point at, double height, const cv::Scalar& colour) {
  int below = 0;
  const cv::Size size = measure(text, height, &below);
  const int rows = (size.height + below) / kOver + 4, cols = size.width / kOver + 4, base = size.height / kOver + 2;
  cv::Mat large(rows * kOver, cols * kOver, CV_8U, cv::Scalar(0)), ink;
  const int thickness = std::max(1, static_cast<int>(std::lround(kOver * height / 12)));
  cv::putText(large, ascii(text), {kOver, base * kOver}, kFont, kOver * height / kCapital, cv::Scalar(255), thickness,
              cv::LINE_AA);
  cv::resize(large, ink, {cols, rows}, 0, 0, cv::INTER_AREA);
  const cv::Vec3f paint(static_cast<float>(colour[0]), static_cast<float>(colour[1]), static_cast<float>(colour[2]));
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < cols; ++x) {
      const int px = at.x + x - 1, py = at.y + y - base;
      if (px < 0 || py < 0 || px >= picture.cols || py >= picture.rows) continue;
      auto& pixel = picture.at<cv::Vec3f>(py, px);
      pixel += (paint - pixel) * (ink.at<unsigned char>(y, x) / 255.0f);
    }
  }
}

std::string fit_text(const std::string& text, double height, int width) {
  if (text_width(text, height) <= width) return text;
  std::string cut = ascii(text);
  while (!cut.empty() && text_width(cut + "...", height) > width) cut.pop_back();
  return cut.empty() ? cut : cut + "...";
}

}  // namespace imaging
