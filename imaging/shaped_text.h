// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

/// Texts of any script in the fonts of the machine: found by fontconfig, laid out by Pango (directions, joined letters,
/// marks, a font for each script), drawn by cairo. What comes out depends on which fonts there are. Thread-safe; says
/// nothing on the terminal.
namespace imaging {

/// Whether there is a font at all: what follows needs one.
bool has_fonts();

/// Characters of texts that no font here has, each once, in the order in which they come.
std::vector<std::string> characters_without_font(const std::vector<std::string>& texts);

/// Width in px at a height of capitals in px. REQUIRES: has_fonts(), here and below.
int shaped_width(const std::string& text, double height);

/// A text drawn in a colour (RGB in [0,1]), (H,W) CV_32FC4: RGB times coverage, coverage. `origin` gets where the left
/// end of the baseline lies in it. Characters that no font has are boxes with their numbers. Emoji have colours of
/// their own.
cv::Mat draw_shaped(const std::string& text, double height, const cv::Scalar& colour, cv::Point* origin);

/// The longest beginning that can be cut off between characters as readers see them, and that with `end` behind it is
/// at most `width` px wide, with `end`; "" when nothing fits.
std::string cut_shaped(const std::string& text, double height, int width, const std::string& end);

}  // namespace imaging
