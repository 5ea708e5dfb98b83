// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "models/networks/transformer.h"

/// Attention that is pulled to where words belong: the pictures' cells inside of a mask attend more to its words, those
/// outside less. Source: Collage Diffusion (Sarukkai et al. 2023), after eDiff-I's paint with words (Balaji et al.
/// 2022).
namespace models {

/// Words and where they belong.
struct AttentionRegion {
  std::vector<std::int64_t> tokens;  ///< positions in the context, in this order
  at::Tensor mask;                   ///< (1,1,H,W) f32 in [0,1], of any size
  double strength;                   ///< inside the mask, ≥ 0
  double negative_strength;          ///< outside of it, ≥ 0
};

/// How the pull falls with the noise level σ: as Collage Diffusion has it, in two forms, or as paint with words.
enum class AttentionFall { kLogLog, kLog, kEdiffi };
/// ln(ln(σ + 1.01) + 1), ln(σ + 1.01), or 0.1 · ln(σ + 1); σ ≥ 0, and above 10⁴ as 10⁴.
double attention_weight(AttentionFall fall, double sigma);

/// For each region, and each of its tokens p, in order: with v the greatest of the logits L[:, :, p] as they stand,
/// over heads and cells, L[:, :, p] += weight · v · (strength · m − negative_strength · (1 − m)), where m is the mask,
/// brought to the feature map's size bilinearly (corners not aligned, no antialiasing) and weight is attention_weight.
/// By kEdiffi v is the greatest of all logits L before any pull, of every token. Rounded once. Throws
/// std::invalid_argument for a token that the context has not, when it is called.
LogitEdit attention_edit(std::vector<AttentionRegion> regions, AttentionFall fall, double sigma);

}  // namespace models
