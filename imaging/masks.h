// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

/// Maths on masks, (H,W) CV_32FC1 in [0,1]. All functions are thread-safe, and never write to what they are given.
namespace imaging {

/// The lightness of 8-bit RGB pixels as bytes, (H,W) CV_8UC1: those of Pillow's convert("L"). Source: ITU-R BT.601.
cv::Mat lightness(const cv::Mat& pixels);

/// Bytes (H,W) CV_8UC1 as a mask.
cv::Mat mask_of_bytes(const cv::Mat& bytes);
/// A mask rounded to bytes.
cv::Mat bytes_of_mask(const cv::Mat& mask);

/// Resampled on bytes (imaging/resample.h); the mask itself where it has that size.
cv::Mat resized_mask(const cv::Mat& mask, int width, int height);
/// 1 where the weight is 0.5 or more, else 0.
cv::Mat hard_mask(const cv::Mat& mask);
/// The greatest weight within `pixels` (a disc), or with a negative number the least.
cv::Mat grown_mask(const cv::Mat& mask, int pixels);
/// Blurred on bytes (imaging/gaussian_blur.h).
cv::Mat feathered_mask(const cv::Mat& mask, double radius);

/// The rectangle around all weights that are not 0 (as bytes), `padding` px larger on each side, cut to the mask, and
/// brought to the proportions width : height by growing the shorter side: one half (the smaller, where odd) before, the
/// rest behind, moved back into the mask, and cut to it. Throws std::invalid_argument for a mask of zeros alone.
/// Source: diffusers' VaeImageProcessor, padding_mask_crop.
cv::Rect region_around(const cv::Mat& mask, int width, int height, int padding);
/// The largest rectangle of these proportions: in the middle, or as far from it as is needed to have in it what the
/// mask has that is not 0.
cv::Rect largest_region(const cv::Mat& mask, int width, int height);
/// Whether all weights that are not 0 (as bytes) are in the region.
bool covers(const cv::Rect& region, const cv::Mat& mask);

}  // namespace imaging
