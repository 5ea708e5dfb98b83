// SPDX-License-Identifier: MIT
#include "imaging/label.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "base/names.h"
#include "imaging/shaped_text.h"

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

/// In the machine's fonts, since the program's own has ASCII alone.
bool is_shaped(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) && has_fonts();
}

void draw_in_machine_fonts(cv::Mat& picture, const std::string& text, cv::Point at, double height,
                           const cv::Scalar& colour) {
  cv::Point origin;
  const cv::Mat drawn = draw_shaped(text, height, colour, &origin);
  for (int y = 0; y < drawn.rows; ++y) {
    for (int x = 0; x < drawn.cols; ++x) {
      const int px = at.x + x - origin.x, py = at.y + y - origin.y;
      if (px < 0 || py < 0 || px >= picture.cols || py >= picture.rows) continue;
      const cv::Vec4f& from = drawn.at<cv::Vec4f>(y, x);
      auto& pixel = picture.at<cv::Vec3f>(py, px);
      pixel = pixel * (1 - from[3]) + cv::Vec3f(from[0], from[1], from[2]);
    }
  }
}

/// Of a character that no font here has.
std::string package_of(const std::string& character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  const bool beyond = character.size() == 4;
  const unsigned code = character.size() < 3 ? 0
                        : beyond             ? (byte(0) & 7u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6
                                             : (byte(0) & 15u) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
  const auto in = [&](unsigned from, unsigned to) { return code >= from && code <= to; };
  if (in(0x1F000, 0x1FAFF) || in(0x2600, 0x27BF)) return "fonts-noto-color-emoji";
  // Ideographs, kana, Hangul, and the signs and wide letters that go with them.
  const bool cjk = in(0x1100, 0x11FF) || in(0x2E80, 0x31FF) || in(0x3200, 0x9FFF) || in(0xA960, 0xA97F) ||
                   in(0xAC00, 0xD7FF) || in(0xF900, 0xFAFF) || in(0xFE30, 0xFE4F) || in(0xFF00, 0xFFEF) ||
                   in(0x20000, 0x3FFFF);
  return cjk ? "fonts-noto-cjk" : "fonts-noto-core";
}

cv::Size measure(const std::string& text, double height, int* below) {
  return cv::getTextSize(ascii(text), kFont, kOver * height / kCapital, kOver, below);
}

}  // namespace

int text_width(const std::string& text, double height) {
  if (is_shaped(text)) return shaped_width(text, height);
  int below = 0;
  return (measure(text, height, &below).width + kOver - 1) / kOver;
}

void draw_text(cv::Mat& picture, const std::string& text, cv::Point at, double height, const cv::Scalar& colour) {
  if (is_shaped(text)) return draw_in_machine_fonts(picture, text, at, height, colour);
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
  if (is_shaped(text)) return cut_shaped(text, height, width, "...");
  std::string cut = ascii(text);
  while (!cut.empty() && text_width(cut + "...", height) > width) cut.pop_back();
  return cut.empty() ? cut : cut + "...";
}

std::string note_of_missing_fonts(const std::vector<std::string>& texts) {
  constexpr std::size_t kNamed = 8;
  const std::vector<std::string> missing = characters_without_font(texts);
  if (missing.empty()) return "";
  std::vector<std::string> packages;
  for (const std::string& character : missing) {
    if (std::ranges::count(packages, package_of(character)) == 0) packages.push_back(package_of(character));
  }
  const std::vector<std::string> named(missing.begin(),
                                       missing.begin() + static_cast<std::ptrdiff_t>(std::min(missing.size(), kNamed)));
  return "no font of this machine has " + base::joined(named) +
         (missing.size() > kNamed ? " and " + std::to_string(missing.size() - kNamed) + " other characters" : "") +
         ", so that texts on the picture are not readable: install " + base::joined(packages) +
         " (Debian's packages), or another font that has them";
}

}  // namespace imaging
