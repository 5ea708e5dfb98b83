// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "imaging/regions/labels.h"
#include "methods/matching/bank.h"

namespace matching {

/// A region and the window that was found for it.
struct Match {
  std::int32_t region = 0;                ///< its label
  std::int32_t record = 0, y = 0, x = 0;  ///< the window's place: index into Bank::records, cells
  std::int32_t y0 = 0, x0 = 0;            ///< the region's box in the latent, cells
  std::int32_t height = 0, width = 0;     ///< of box and window, cells
  float score = 0;                        ///< cosine over the region's own cells
};

/// What matching a latent came to. The bank and the labels stay with it: blending and cutting need the windows and the
/// regions' forms.
struct Matches {
  std::shared_ptr<const Bank> bank;
  std::shared_ptr<const imaging::Labels> labels;
  std::vector<Match> matches;  ///< in ascending order of their regions; squares in reading order
  int regions = 0;             ///< that were within the area limits
  int skipped = 0;             ///< of them, too large in a direction for a limit or for every source
  at::Tensor target;           ///< squares: (C,h,w) f32, what is blended in; undefined for regions
  at::Tensor indices;          ///< squares: (gh,gw) i32, the bank patch of each; undefined for regions
  double mean_topk = 0;        ///< squares: mean cosine over all top_k
};

}  // namespace matching
