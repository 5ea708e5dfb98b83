// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tensors/torch.h"

namespace schedulers {

/// What the network was trained to predict.
enum class PredictionType { kEpsilon, kSample, kVPrediction };

/// Throws std::invalid_argument with the list.
PredictionType prediction_named(const std::string& name);

/// x₀ from a prediction for latents x = x₀ + σε (variance exploding). Source of v: Salimans and Ho 2022, appendix D.
at::Tensor original_of(PredictionType type, float sigma, const at::Tensor& prediction, const at::Tensor& latents);

/// Latents x = αx₀ + σε with α² + σ² = 1 (variance preserving).
struct SignalAndNoise {
  float alpha = 1;
  float sigma = 0;
};
at::Tensor original_of(PredictionType type, SignalAndNoise level, const at::Tensor& prediction,
                       const at::Tensor& latents);
at::Tensor noise_of(PredictionType type, SignalAndNoise level, const at::Tensor& prediction, const at::Tensor& latents);

}  // namespace schedulers
