// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

/// Short texts on pictures. What is ASCII is drawn in a font of this program's own, the same on all machines; any other
/// text in the machine's fonts (imaging/shaped_text.h). Where it has none at all, accents are lost and other characters
/// become '?': note_of_missing_fonts() says so.
namespace imaging {

/// Width in px that `text` takes at a letter height (of a capital) in px.
int text_width(const std::string& text, double height);

/// Writes text on a picture, (H,W) CV_32FC3: the left end of its baseline at `at`. Smooth at small sizes.
void draw_text(cv::Mat& picture, const std::string& text, cv::Point at, double height, const cv::Scalar& colour);

/// The text, cut with "..." where it would be wider than `width` px.
std::string fit_text(const std::string& text, double height, int width);

/// What to tell whoever looks at these texts: which characters no font here has, and which of Debian's packages have
/// them. "" when all can be drawn.
std::string note_of_missing_fonts(const std::vector<std::string>& texts);

}  // namespace imaging
