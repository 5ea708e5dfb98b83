// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <vector>

/// Layers over each other, from the bottom: each (H,W) CV_8UC4 on a canvas of its own. Source: Sarukkai et al. 2023
/// (Collage Diffusion), and its authors' program for the arithmetic.
namespace layering {

/// How opaque a layer counts where it is in part: as it is, or squared, as the original has it, which pastes layers
/// through themselves and rounds to bytes after each.
enum class Opacity { kExact, kSquared };

/// How much of each layer is seen: (H,W) CV_64FC1 in [0,1]. With a_j the layers' opacity, and T_i what lies over
/// layer i, which begins at 0 and becomes T ← a_j + T (1 − a_j) for j = i + 1 …: m_i = a_i (1 − T_i). kSquared:
/// a_i² and T ← a_j² + T (1 − a_j), in bytes.
std::vector<cv::Mat> visible_masks(std::span<const cv::Mat> layers, Opacity opacity);

/// The layers on one ground, (H,W) CV_8UC3, each pasted through its own opacity.
cv::Mat composite(std::span<const cv::Mat> layers, const cv::Mat& ground);

/// Which colours are pasted in an edit: the layer's own, or, as the original has it, those that its soft edges have
/// over a canvas of grey.
enum class EditColours { kOwn, kOverGrey };

/// A finished picture, (H,W) CV_8UC3, onto which some layers are pasted again where they are seen. `masks`: of
/// visible_masks(), rounded to bytes (kOwn) or cut (kOverGrey); `redrawn`: which layers. `grey`: the canvas's colour.
cv::Mat edited(std::span<const cv::Mat> layers, std::span<const cv::Mat> masks, const std::vector<bool>& redrawn,
               const cv::Mat& picture, EditColours colours, const cv::Scalar& grey);

/// The colours and the opacity of a layer apart: CV_8UC3 and CV_8UC1.
cv::Mat colours_of(const cv::Mat& layer);
cv::Mat opacity_of(const cv::Mat& layer);

}  // namespace layering
