// SPDX-License-Identifier: MIT
#include "imaging/paper/tear.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "imaging/noise.h"

namespace imaging {
namespace {

constexpr float kTypicalHeight = 768;  // px of the picture for which the grain below is drawn

float clamp01(float x) {
  return std::clamp(x, 0.0f, 1.0f);
}

// One pass of a running mean along a line, in whole numbers: exact, whatever the machine.
void blur_line(std::vector<std::int32_t>& line, std::vector<std::int32_t>& out, int radius) {
  const int n = static_cast<int>(line.size());
  const auto at = [&](int i) { return line[std::clamp(i, 0, n - 1)]; };
  std::int64_t sum = 0;
  for (int i = -radius; i <= radius; ++i) sum += at(i);
  for (int i = 0; i < n; ++i) {
    out[i] = static_cast<std::int32_t>(sum / (2 * radius + 1));
    sum += at(i + radius + 1) - at(i - radius);
  }
  line.swap(out);
}

// Three passes of a box: near enough to a Gaussian of the same radius.
void blur(cv::Mat& mask, int radius) {
  if (radius < 1) return;
  std::vector<std::int32_t> line(mask.cols), spare(mask.cols);
  for (int y = 0; y < mask.rows; ++y) {
    std::copy_n(mask.ptr<std::int32_t>(y), mask.cols, line.begin());
    for (int pass = 0; pass < 3; ++pass) blur_line(line, spare, radius);
    std::ranges::copy(line, mask.ptr<std::int32_t>(y));
  }
  line.resize(mask.rows), spare.resize(mask.rows);
  for (int x = 0; x < mask.cols; ++x) {
    for (int y = 0; y < mask.rows; ++y) line[y] = mask.at<std::int32_t>(y, x);
    for (int pass = 0; pass < 3; ++pass) blur_line(line, spare, radius);
    for (int y = 0; y < mask.rows; ++y) mask.at<std::int32_t>(y, x) = line[y];
  }
}

// Where the white core and the painted side cover the canvas, 0 to 1.
struct Torn {
  cv::Mat core, painted;  // CV_32F
};

Torn tear_field(const cv::Mat& field, const Tear& tear) {
  Torn torn{cv::Mat(field.size(), CV_32F), cv::Mat(field.size(), CV_32F)};
  const float height = static_cast<float>(field.rows), unit_px = kTypicalHeight / height;
  const float rough = static_cast<float>(tear.rough) * height, rim = static_cast<float>(tear.rim) * height;
  const float far = 2 * rough + 3 * rim + 2;  // beyond it the tear changes nothing
  const Noise outer(mix(tear.seed, 11)), inner(mix(tear.seed, 12)), width(mix(tear.seed, 13));
  for (int y = 0; y < field.rows; ++y) {
    const float* from = field.ptr<float>(y);
    float* core = torn.core.ptr<float>(y);
    float* painted = torn.painted.ptr<float>(y);
    for (int x = 0; x < field.cols; ++x) {
      if (std::abs(from[x]) > far) {
        core[x] = painted[x] = from[x] > 0 ? 1 : 0;
        continue;
      }
      const float u = static_cast<float>(x) * unit_px, v = static_cast<float>(y) * unit_px;
      const float stray = 2 * rough * (outer.fbm(u / 34, v / 34, 5) - 0.5f);
      // The painted side gives way in smaller and sharper jags than the core, and here and there not at all.
      const float jag = 1.5f * rim * (inner.fbm(u / 6, v / 6, 3) - 0.5f);
      const float shows = rim * (0.25f + 1.5f * smoothstep(0.25f, 0.75f, width.fbm(u / 55, v / 55, 2)));
      core[x] = clamp01(from[x] + stray + 0.5f);
      painted[x] = std::min(core[x], clamp01(from[x] + stray + jag - shows + 0.5f));
    }
  }
  return torn;
}

// What is left of the light beside the piece, 0 to 1: a wide shadow, and a narrow one where it touches. It falls up and
// to the right: the pieces lie over one another from top to bottom, and so every edge gets one.
cv::Mat shade(const cv::Mat& core, const Tear& tear) {
  const float reach = static_cast<float>(tear.shadow * core.rows);
  const int dx = static_cast<int>(0.30f * reach), dy = static_cast<int>(-0.35f * reach);
  cv::Mat wide(core.size(), CV_32S), narrow(core.size(), CV_32S);
  for (int y = 0; y < core.rows; ++y) {
    for (int x = 0; x < core.cols; ++x) {
      const int sx = std::clamp(x - dx, 0, core.cols - 1), sy = std::clamp(y - dy, 0, core.rows - 1);
      wide.at<std::int32_t>(y, x) = static_cast<std::int32_t>(core.at<float>(sy, sx) * 65536);
      narrow.at<std::int32_t>(y, x) = static_cast<std::int32_t>(core.at<float>(y, x) * 65536);
    }
  }
  blur(wide, static_cast<int>(reach / 2));
  blur(narrow, static_cast<int>(reach / 10));
  cv::Mat light(core.size(), CV_32F);
  for (int y = 0; y < core.rows; ++y) {
    for (int x = 0; x < core.cols; ++x) {
      const float dark = 0.75f * static_cast<float>(wide.at<std::int32_t>(y, x)) / 65536 +
                         0.35f * static_cast<float>(narrow.at<std::int32_t>(y, x)) / 65536;
      light.at<float>(y, x) = 1 - static_cast<float>(tear.shadow_strength) * clamp01(dark);
    }
  }
  return light;
}

}  // namespace

cv::Mat lay_piece(const cv::Mat& canvas, const cv::Mat& paper, const cv::Mat& field, const Tear& tear) {
  const Torn torn = tear_field(field, tear);
  const cv::Mat light = shade(torn.core, tear);
  const Noise fluff(mix(tear.seed, 14));
  const float unit_px = kTypicalHeight / static_cast<float>(canvas.rows);
  cv::Mat out(canvas.size(), CV_32FC3);
  for (int y = 0; y < canvas.rows; ++y) {
    for (int x = 0; x < canvas.cols; ++x) {
      const float core = torn.core.at<float>(y, x), painted = torn.painted.at<float>(y, x);
      cv::Vec3f colour = canvas.at<cv::Vec3f>(y, x);
      if (core < 1) {  // shadows are cooler than what they fall on
        const float l = light.at<float>(y, x);
        colour = {colour[0] * l, colour[1] * (l + 0.02f * (1 - l)), colour[2] * (l + 0.10f * (1 - l))};
      }
      if (core > 0 && painted < 1) {
        const float tone =
            1 - 0.13f * fluff.fbm(static_cast<float>(x) * unit_px / 3, static_cast<float>(y) * unit_px / 3, 3);
        colour += (cv::Vec3f(1.0f, 0.985f, 0.955f) * tone - colour) * core;
      }
      if (painted > 0) colour += (paper.at<cv::Vec3f>(y, x) - colour) * painted;
      out.at<cv::Vec3f>(y, x) = colour;
    }
  }
  return out;
}

cv::Mat cut_sheet(const cv::Mat& paper, cv::Size size, double scale, std::uint64_t seed) {
  // The steps on the paper for one px to the right and one px down: a small tilt, then quarter turns and a flip.
  const double tilt = 0.36 * (unit(seed, 20) - 0.5), step = 1 / (scale * std::sqrt(1 + tilt * tilt));
  double right_x = step, right_y = tilt * step;
  for (std::uint64_t turn = mix(seed, 21) % 4; turn > 0; --turn) {
    const double x = right_x;
    right_x = -right_y, right_y = x;
  }
  const double flip = mix(seed, 22) % 2 == 0 ? 1 : -1, down_x = -right_y * flip, down_y = right_x * flip;
  // The sheet's middle lies so that as little as can be hangs over the paper's edges.
  const auto middle = [](double side, double needed, double chance) {
    return side / 2 + std::max((side - needed) / 2 - 1, 0.06 * side) * (2 * chance - 1);
  };
  const double half_w = size.width / 2.0, half_h = size.height / 2.0;
  const double wide = 2 * (half_w * std::abs(right_x) + half_h * std::abs(down_x));
  const double high = 2 * (half_w * std::abs(right_y) + half_h * std::abs(down_y));
  const double left = middle(paper.cols, wide, unit(seed, 1)) - half_w * right_x - half_h * down_x;
  const double top = middle(paper.rows, high, unit(seed, 2)) - half_w * right_y - half_h * down_y;
  const auto mirrored = [](double at, int n) {  // 0 1 … n-1 n-1 … 1 0 0 1 …
    const double turn = at - 2.0 * n * std::floor(at / (2.0 * n));
    return std::clamp(turn < n ? turn : 2.0 * n - turn, 0.0, std::max(n - 1.001, 0.0));
  };
  cv::Mat sheet(size, CV_32FC3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const double u = mirrored(left + x * right_x + y * down_x, paper.cols);
      const double v = mirrored(top + x * right_y + y * down_y, paper.rows);
      const int px = static_cast<int>(u), py = static_cast<int>(v);
      const int qx = std::min(px + 1, paper.cols - 1), qy = std::min(py + 1, paper.rows - 1);
      const auto fx = static_cast<float>(u - px), fy = static_cast<float>(v - py);
      const cv::Vec3f above = paper.at<cv::Vec3f>(py, px) * (1 - fx) + paper.at<cv::Vec3f>(py, qx) * fx;
      const cv::Vec3f below = paper.at<cv::Vec3f>(qy, px) * (1 - fx) + paper.at<cv::Vec3f>(qy, qx) * fx;
      sheet.at<cv::Vec3f>(y, x) = above * (1 - fy) + below * fy;
    }
  }
  return sheet;
}

}  // namespace imaging
