// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "imaging/texts/png_texts.h"

/// PNG files with text in them, through libpng.
namespace imaging {

/// Decodes to RGB, (H,W) CV_8UC3 or CV_16UC3 as deep as the file is: a palette and grey become colours, transparency is
/// dropped, and the first picture of an animation (APNG) is taken. Says nothing on the terminal, which OpenCV's decoder
/// lets libpng do. Thread-safe. Throws std::runtime_error: damaged or cut off.
cv::Mat decode_png(std::span<const std::byte> file);

/// Encodes pixels, (H,W) u8: grey in one channel or RGB in three, with `texts` in front of the picture, as iTXt chunks;
/// that of kWebUiKeyword as tEXt where Latin-1 can say it, and never packed, since that is how web UIs write it and all
/// that some of their readers know.
/// compression: zlib's, 0 (none) to 9 (slowest). Nothing of the time or the machine gets in: the same call gives the
/// same bytes. Thread-safe. Throws std::invalid_argument for other pixels or keywords.
std::vector<std::byte> encode_png(const cv::Mat& pixels, const std::vector<PngText>& texts = {}, int compression = 6);

}  // namespace imaging
