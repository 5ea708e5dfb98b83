// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <span>

namespace layering {

/// How a map is made of layers: with what is exact; or in bytes, as the two generations of the original have it. In
/// kBytes soft edges are darkened twice; in kFaint, by a fault of its later one, layers count 1/255 of what they
/// should, so that next to nothing is seen of them.
enum class MapForm { kExact, kBytes, kFaint };

/// A number for each pixel, (H,W) CV_32FC1 in [0,1]: that of the ground, over which each layer lays its own where it is
/// seen, M ← m v + (1 − m) M from the bottom; then blurred by `blur` px (imaging/gaussian_blur.h). `masks`: of
/// visible_masks(), one for each value in [0,1].
/// kBytes: M begins at ⌊255 g⌋ and ⌊255 m v⌋ is pasted through ⌊255 m⌋; kFaint: through ⌊m⌋.
/// Source: Sarukkai et al. 2023 (Collage Diffusion), the noise and edge maps of its authors' program.
cv::Mat level_map(std::span<const cv::Mat> masks, std::span<const double> values, double ground, MapForm form,
                  double blur);

}  // namespace layering
