// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

#include "imaging/regions/labels.h"

/// What latents look like, about, without an autoencoder: (height,width) CV_32FC3, RGB, in [0,1]. Thread-safe.
namespace imaging {

/// SDXL's latents, times its autoencoder's scaling factor of 0.13025, by a linear map. REQUIRES: 4 channels.
/// Source: T. A. Vass, Explaining the SDXL latent space, 2023; diffusers' guide to pipeline callbacks has the same.
cv::Mat sdxl_colours(const Planes& planes);

/// Latents of any model: the first principal component of their channels is the brightness, the next two are the
/// colour, all in proportion: 2.5 standard deviations of the first make black and white. Components point to where
/// their greatest coefficient is positive. Throws what check(planes) of features.h throws.
cv::Mat principal_colours(const Planes& planes);

}  // namespace imaging
