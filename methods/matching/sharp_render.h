// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

#include "methods/matching/matches.h"
#include "methods/matching/source_pictures.h"

namespace matching {

struct SharpRender {
  int pixel_render_scale = 1;  ///< ≥ 1: px of the result for a px of the decoded picture
  cv::Mat plain{};             ///< CV_8UC3 RGB, shown where no region lies, resampled to the result; empty: black
};

/// Cuts every matched window out of the pixels of its source, through the form of its region: (h·f·s,w·f·s) CV_8UC3
/// RGB for labels of (h,w) cells, f px a cell. Windows have the boxes of picture_box, black outside of the picture, and
/// are resampled with imaging::lanczos; masks are cells, enlarged without smoothing. Only pictures that are cut from
/// are read, one source after the other.
///
/// `bank` is the bank of the matches or one with records of the same sizes, to cut the same windows from other
/// pictures. Throws std::invalid_argument for another bank and for a result with a side beyond 65535 px; what
/// SourcePictures::get throws; std::runtime_error naming all pictures of the bank that are missing when a window is to
/// be cut from one of them. Thread-safe.
cv::Mat render_sharp(const Matches& matches, const Bank& bank, SourcePictures& pictures, const SharpRender& settings);

}  // namespace matching
