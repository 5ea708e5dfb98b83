// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "methods/matching/matches.h"

namespace matching {

struct SquareSettings {
  int top_k = 1;                         ///< patches that are mixed for each square; more than the bank has: all
  double similarity_temperature = 0.10;  ///< above 0; the smaller, the more the best outweighs the others
  int dictionary_chunk_size = 8192;      ///< patches compared at a time on a GPU; does not change the result
};

/// For each square of the latent the patches of the bank that are most like it, mixed by the softmax of their cosines
/// over the temperature. Exact: what comparing with every patch gives, of equals the first.
///
/// `latent` (C,h,w) or (1,C,h,w) f32: on a GPU the search runs there, and `Matches::target` stays there; `labels` of
/// the same height and width and of squares of the bank's patch_size.
/// Throws std::invalid_argument: more than one picture, other channels than the bank's, labels of another size, of
/// regions, or of squares of another size; std::runtime_error: a latent that is not finite.
Matches match_squares(const at::Tensor& latent, std::shared_ptr<const imaging::Labels> labels,
                      std::shared_ptr<const Bank> bank, const SquareSettings& settings);

}  // namespace matching
