// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "methods/matching/matches.h"
#include "methods/matching/numpy_generator.h"

namespace matching {

struct RegionSettings {
  int region_candidate_count = 128;  ///< windows that are drawn for each region
  int region_min_area = 1;           ///< cells
  int region_max_area = 1200;        ///< cells
  int region_max_bbox_h = 0;         ///< cells; 0: as high as may be
  int region_max_bbox_w = 0;         ///< cells; 0: as wide as may be
};

/// For each region of the latent the window, out of some drawn at random, that is most like it in the region's own
/// cells. Draws what CollageNet draws: for each region that is not left out, in ascending order, a record among those
/// that are large enough, then y, then x.
///
/// `latent` (C,h,w) or (1,C,h,w) f32 on any device; `labels` of the same height and width, no squares.
/// Throws std::invalid_argument: more than one picture, other channels than the bank's, labels of another size or of
/// squares; std::runtime_error: a latent that is not finite.
Matches match_regions(const at::Tensor& latent, std::shared_ptr<const imaging::Labels> labels,
                      std::shared_ptr<const Bank> bank, const RegionSettings& settings, NumpyGenerator& generator);

/// What to change where no region was matched, in one sentence that names the setting; empty where one was.
std::string why_none(const Matches& matches, const RegionSettings& settings);

/// The latent of one picture as (C,h,w) f32, on its device. Throws std::invalid_argument as above.
at::Tensor checked_latent(const at::Tensor& latent, const imaging::Labels& labels, const Bank& bank);

}  // namespace matching
