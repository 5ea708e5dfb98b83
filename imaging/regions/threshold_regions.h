// SPDX-License-Identifier: MIT
#pragma once

#include "imaging/regions/labels.h"

namespace imaging {

struct ThresholdSettings {
  int min_regions = 64;  ///< how many are aimed at
  int max_regions = 768;
  int connectivity = 8;           ///< 4 or 8 neighbours
  double similarity_low = -0.25;  ///< between which the similarity is looked for; cosine, in [-1, 1]
  double similarity_high = 0.999;
};

/// Throws std::invalid_argument: a connectivity other than 4 and 8, bounds that are the wrong way round.
void check(const ThresholdSettings& settings);

/// Regions of latents in which neighbours are alike: cells are joined where the cosine of their vectors is at least a
/// similarity, which is halved towards a number of regions within the bounds. After 14 halvings without one, the
/// similarity is taken whose number came nearest to the middle of the bounds (of two, the first). Regions are numbered
/// by their first cells; Labels::threshold is the similarity. Equals CollageNet's.
///
/// Cosines are computed once. A similarity that gave too many regions leaves its joins to all that follow (they are
/// lower), one that gave too few drops its cells' other edges: the work shrinks from step to step.
/// A pure function: thread-safe, the same on any number of threads. Throws std::invalid_argument: what check(settings)
/// refuses, no cell, what is not a number.
Labels threshold_regions(const Planes& planes, const ThresholdSettings& settings);

}  // namespace imaging
