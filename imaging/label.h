// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace imaging {

/// Width in px that `text` takes at a letter height (of a capital) in px.
int text_width(const std::string& text, double height);

/// Writes text on a picture, (H,W) CV_32FC3: the left end of its baseline at `at`. Smooth at small sizes. The font
/// knows ASCII; Latin letters with accents lose them and anything else becomes '?'.
void draw_text(cv::Mat& picture, const std::string& text, cv::Point at, double height, const cv::Scalar& colour);

/// The text, cut with "..." where it would be wider than `width` px.
std::string fit_text(const std::string& text, double height, int width);

}  // namespace imaging
