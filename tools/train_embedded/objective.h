// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tensors/torch.h"

namespace train_embedded {

/// Latents of scenes 0 to n − 1 with captions.
class CaptionedLatents {
 public:
  /// (n,4,h,w) f16
  explicit CaptionedLatents(at::Tensor latents) : latents_(std::move(latents)) {}

  struct Batch {
    at::Tensor latents;  ///< (count,4,h,w) f32
    std::vector<std::string> captions;
    at::Tensor rows;  ///< (count): which scenes
  };
  /// Which scenes, and in which words, the seed decides.
  Batch batch(int count, std::uint64_t seed) const;

 private:
  at::Tensor latents_;
};

/// What a denoiser is given, and what it is to say.
struct Noised {
  at::Tensor latents;    ///< √ᾱ·clean + √(1 − ᾱ)·noise
  at::Tensor timesteps;  ///< (B) f32, whole, rising: row i is drawn from part i of B equal parts of the range
  at::Tensor velocity;   ///< √ᾱ·noise − √(1 − ᾱ)·clean
  at::Tensor weight;     ///< (B): min(1, 5/SNR), what is nearly clean counts less
};

/// ᾱ of the timesteps that the model is trained on, (kTimesteps) f32.
at::Tensor alphas_cumprod();

/// Source: Salimans and Ho 2022, "Progressive Distillation" (velocity); Hang et al. 2023, "Min-SNR Weighting".
Noised noised(const at::Tensor& alphas_cumprod, const at::Tensor& clean, std::uint64_t seed);

}  // namespace train_embedded
