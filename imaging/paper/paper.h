// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

/// Sheets of paper made from a seed.
namespace imaging {

/// Colours of a sheet, RGB in [0,1]: the one that covers most of it, its neighbour, a dark and a light one.
struct Palette {
  cv::Vec3f main, second, dark, light;
};

/// Names of the palettes, in the order of their hues.
const std::vector<std::string>& palette_names();
/// A palette by its name, or from one to four colours as "#rrggbb,#rrggbb,…" (those left out are made from the first).
/// Throws std::invalid_argument for another text.
Palette palette_named(const std::string& text);

/// What was done to a sheet: painted with a broad brush, washed with much water, marbled, left as it was made, or
/// nothing at all but uniform noise on every sample (which uses no palette).
enum class PaperStyle { kPainted, kWashed, kMarbled, kPlain, kNoise };
/// By "painted", "washed", "marbled", "plain", "noise". Throws std::invalid_argument for another name.
PaperStyle paper_style_named(const std::string& name);

struct PaperSheet {
  std::uint64_t seed = 0;
  int width = 512;   ///< px
  int height = 512;  ///< px
  PaperStyle style = PaperStyle::kPainted;
  Palette palette{};
  double scale = 1.0;  ///< of strokes, blots and fibres; above 0
};

/// (H,W) CV_32FC3 RGB in [0,1]. A sheet that is larger shows more, not other paper: pixel (x, y) does not depend on the
/// size, but for fibres at the edges.
cv::Mat draw_paper(const PaperSheet& sheet);

}  // namespace imaging
