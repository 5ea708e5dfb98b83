// SPDX-License-Identifier: MIT
#include "imaging/paper/paper.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "imaging/noise.h"

namespace imaging {
namespace {

cv::Vec3f between(const cv::Vec3f& a, const cv::Vec3f& b, float t) {
  return a + (b - a) * t;
}

// A direction without trigonometry: a point in the disc, brought to length 1.
cv::Vec2f direction(std::uint64_t seed, std::uint64_t value) {
  for (std::uint64_t i = 0;; ++i) {
    const auto x = static_cast<float>(2 * unit(seed, value + 2 * i) - 1);
    const auto y = static_cast<float>(2 * unit(seed, value + 2 * i + 1) - 1);
    const float square = x * x + y * y;
    if (square > 0.01f && square < 1) return cv::Vec2f(x, y) * (1 / std::sqrt(square));
  }
}

// The colour of a place on a sheet, places counted in px of a sheet of scale 1.
class Painter {
 public:
  Painter(std::uint64_t seed, const Palette& palette)
      : palette_(palette), broad_(mix(seed, 1)), warp_(mix(seed, 2)), bristle_(mix(seed, 3)), grain_(mix(seed, 4)) {
    for (int i = 0; i < kCoats; ++i) coats_[i] = direction(seed, 100 + 100 * static_cast<std::uint64_t>(i));
  }

  cv::Vec3f painted(float x, float y) const {
    const float blend = broad_.fbm(x / 230, y / 230, 3);
    cv::Vec3f colour = between(palette_.main, palette_.second, smoothstep(0.38f, 0.62f, blend));
    // Strokes bend: their coordinates are pushed about by slow noise.
    const float bx = 70 * (warp_.fbm(x / 190, y / 190, 2) - 0.5f),
                by = 70 * (warp_.fbm(x / 190 + 40, y / 190, 2) - 0.5f);
    for (int i = 0; i < kCoats; ++i) {
      const cv::Vec2f& d = coats_[i];
      const float along = (x + bx) * d[0] + (y + by) * d[1] + 900.0f * i, across = (y + by) * d[0] - (x + bx) * d[1];
      // Where this coat was put on, how its bristles ran, and where they were dry.
      const float laid = smoothstep(0.40f, 0.60f, broad_.fbm(along / 200 + 7, across / 70 + 13, 2));
      const float hair = bristle_.fbm(along / 120, across / 3.2f, 3);
      const float dry = smoothstep(0.55f, 0.78f, hair + 0.25f * (grain_.at(along / 9, across / 2) - 0.5f));
      const cv::Vec3f& paint = i % 2 == 0 ? palette_.light : palette_.dark;
      colour = between(colour, paint, laid * (0.10f + 0.42f * dry));
      colour *= 1 + 0.16f * laid * (hair - 0.5f);
    }
    return colour;
  }

  cv::Vec3f washed(float x, float y) const {
    const float wx = x + 120 * (warp_.fbm(x / 160, y / 160, 4) - 0.5f);
    const float wy = y + 120 * (warp_.fbm(x / 160 + 90, y / 160, 4) - 0.5f);
    const float pool = broad_.fbm(wx / 260, wy / 170, 4);
    cv::Vec3f colour = between(palette_.main, palette_.light, smoothstep(0.45f, 0.75f, pool));
    colour = between(colour, palette_.second, smoothstep(0.5f, 0.25f, pool));
    // Pigment gathers where a pool dried: a thin line along its shore.
    const float shore = std::abs(pool - 0.47f);
    colour = between(colour, palette_.dark, 0.22f * smoothstep(0.02f, 0.0f, shore));
    return colour * (1 + 0.07f * (bristle_.fbm(x / 4, y / 4, 2) - 0.5f));
  }

  cv::Vec3f marbled(float x, float y) const {
    const float wx = 190 * (warp_.fbm(x / 150, y / 150, 3) - 0.5f),
                wy = 190 * (warp_.fbm(x / 150, y / 150 + 70, 3) - 0.5f);
    const float level = (y + wy) / 46 + 5 * broad_.fbm((x + wx) / 170, (y + wy) / 170, 2);
    const float wave = std::abs(level - 2 * std::floor(level / 2) - 1);  // a triangle wave, in [0, 1]
    cv::Vec3f colour = between(palette_.main, palette_.second, smoothstep(0.30f, 0.36f, wave));
    colour = between(colour, palette_.dark, smoothstep(0.62f, 0.66f, wave) * 0.85f);
    return between(colour, palette_.light, smoothstep(0.86f, 0.90f, wave));
  }

  cv::Vec3f plain(float x, float y) const {
    return between(palette_.main, palette_.second, 0.5f * broad_.fbm(x / 60, y / 60, 3));
  }

  // The paper's own tooth, in every style.
  float tooth(float x, float y) const { return 1 + 0.07f * (grain_.fbm(x / 2.1f, y / 2.1f, 2) - 0.5f); }

 private:
  static constexpr int kCoats = 4;
  const Palette palette_;
  const Noise broad_, warp_, bristle_, grain_;
  cv::Vec2f coats_[kCoats];
};

// Short bent hairs, darker or lighter than what they lie on.
void draw_fibres(cv::Mat& picture, const PaperSheet& sheet) {
  const double area = static_cast<double>(sheet.width) * sheet.height / (sheet.scale * sheet.scale);
  const auto count = static_cast<std::uint64_t>(area / 1400);
  const std::uint64_t seed = mix(sheet.seed, 5);
  const auto scale = static_cast<float>(sheet.scale);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t own = mix(seed, i);
    auto x = static_cast<float>(unit(own, 0) * sheet.width), y = static_cast<float>(unit(own, 1) * sheet.height);
    cv::Vec2f d = direction(own, 10);
    const auto bend = static_cast<float>((unit(own, 2) - 0.5) * 0.16 / sheet.scale);
    const int length = static_cast<int>((6 + 22 * unit(own, 3)) * scale);
    const float tone = unit(own, 4) < 0.5 ? 0.94f : 1.06f;
    for (int step = 0; step < length; ++step) {
      const int px = static_cast<int>(std::floor(x)), py = static_cast<int>(std::floor(y));
      if (px < 0 || py < 0 || px >= sheet.width || py >= sheet.height) break;
      picture.at<cv::Vec3f>(py, px) *= tone;
      x += d[0];
      y += d[1];
      d += cv::Vec2f(-d[1], d[0]) * bend;
      d *= 1 / std::sqrt(d.dot(d));
    }
  }
}

cv::Vec3f noise_at(std::uint64_t seed, int x, int y) {
  const std::uint64_t bits = mix(seed, static_cast<std::uint64_t>(y) << 32 | static_cast<std::uint32_t>(x));
  const auto channel = [&](int i) { return static_cast<float>(bits >> (20 * i) & 0xFFFF) / 65535.0f; };
  return {channel(0), channel(1), channel(2)};
}

cv::Vec3f colour_at(const Painter& painter, PaperStyle style, float x, float y) {
  switch (style) {
    case PaperStyle::kPainted:
      return painter.painted(x, y);
    case PaperStyle::kWashed:
      return painter.washed(x, y);
    case PaperStyle::kMarbled:
      return painter.marbled(x, y);
    default:
      return painter.plain(x, y);
  }
}

}  // namespace

PaperStyle paper_style_named(const std::string& name) {
  if (name == "painted") return PaperStyle::kPainted;
  if (name == "washed") return PaperStyle::kWashed;
  if (name == "marbled") return PaperStyle::kMarbled;
  if (name == "plain") return PaperStyle::kPlain;
  if (name == "noise") return PaperStyle::kNoise;
  throw std::invalid_argument("no style '" + name + "': there are painted, washed, marbled, plain and noise");
}

cv::Mat draw_paper(const PaperSheet& sheet) {
  cv::Mat picture(sheet.height, sheet.width, CV_32FC3);
  const Painter painter(sheet.seed, sheet.palette);
  const float shrink = 1 / static_cast<float>(sheet.scale);
  for (int y = 0; y < sheet.height; ++y) {
    auto* row = picture.ptr<cv::Vec3f>(y);
    for (int x = 0; x < sheet.width; ++x) {
      if (sheet.style == PaperStyle::kNoise) {
        row[x] = noise_at(sheet.seed, x, y);
        continue;
      }
      const float u = (static_cast<float>(x) + 0.5f) * shrink, v = (static_cast<float>(y) + 0.5f) * shrink;
      row[x] = colour_at(painter, sheet.style, u, v) * painter.tooth(u, v);
    }
  }
  if (sheet.style == PaperStyle::kNoise) return picture;
  draw_fibres(picture, sheet);
  return cv::min(cv::max(picture, 0.0), 1.0);
}

}  // namespace imaging
