// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <vector>

#include "imaging/texts/png_texts.h"

/// PNG files with text in them, through libpng.
namespace imaging {

/// Encodes pixels, (H,W) u8: grey in one channel or RGB in three, with `texts` as iTXt chunks in front of the picture.
/// compression: zlib's, 0 (none) to 9 (slowest). Nothing of the time or the machine gets in: the same call gives the
/// same bytes. Thread-safe. Throws std::invalid_argument for other pixels or keywords.
std::vector<std::byte> encode_png(const cv::Mat& pixels, const std::vector<PngText>& texts = {}, int compression = 6);

}  // namespace imaging
