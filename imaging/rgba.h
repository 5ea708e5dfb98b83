// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <vector>

/// Pictures that are transparent in part, (H,W) CV_8UC4: red, green, blue and how opaque each pixel is. Byte by byte as
/// Pillow computes. Thread-safe; nothing is written to but where it says so.
namespace imaging {

/// v / 255, rounded, for v in [0, 255²].
inline unsigned char divided_by_255(unsigned v) {
  const unsigned t = v + 128;
  return static_cast<unsigned char>((t + (t >> 8)) >> 8);
}

/// Another size: colours are weighted by how opaque they are, and resampled by imaging/resample.h's bicubic. The
/// picture itself when it has that size. Throws std::invalid_argument as that.
cv::Mat resized_rgba(const cv::Mat& picture, int width, int height);

/// Turned counter-clockwise within its own frame: what leaves it is lost, what comes in is transparent. By half a turn,
/// and where it is square by a quarter, exactly; else the nearest pixel in 16 bits of fraction.
cv::Mat rotated_rgba(const cv::Mat& picture, double degrees);

/// onto ← onto · (255 − mask) + picture · mask, over 255 and rounded, in every channel alike; `at`: the picture's upper
/// left corner, which may lie outside. Picture and mask (CV_8UC1) are of one size, picture and `onto` of one type. All
/// three may share pixels.
void paste(cv::Mat& onto, const cv::Mat& picture, const cv::Mat& mask, cv::Point at = {});

/// A point of a picture, in parts of its width and height.
struct RelativePoint {
  double x = 0, y = 0;
};

/// 255 where pixels lie inside of a polygon, and 0 elsewhere: (height,width) CV_8UC1. A pixel counts by its upper left
/// corner; what is inside of two of the rings is outside. Of an edge, which of its points are inside depends on the
/// direction in which the ring is written. Source: Haines 1994, "Point in polygon
/// strategies": crossings.
cv::Mat inside_polygon(const std::vector<std::vector<RelativePoint>>& rings, int width, int height);

}  // namespace imaging
