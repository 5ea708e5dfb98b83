// SPDX-License-Identifier: MIT
#include "schedulers/prediction.h"

#include <cmath>
#include <stdexcept>

#include "base/names.h"

namespace schedulers {

PredictionType prediction_named(const std::string& name) {
  if (name == "epsilon") return PredictionType::kEpsilon;
  if (name == "sample") return PredictionType::kSample;
  if (name == "v_prediction") return PredictionType::kVPrediction;
  const std::vector<std::string> names{"epsilon", "sample", "v_prediction"};
  throw std::invalid_argument("no prediction_type '" + name + "'" + base::did_you_mean(name, names) + "; there are " +
                              base::listed(names));
}

at::Tensor original_of(PredictionType type, float sigma, const at::Tensor& prediction, const at::Tensor& latents) {
  if (type == PredictionType::kSample) return prediction;
  if (type == PredictionType::kEpsilon) return latents - prediction * sigma;
  const float square = sigma * sigma + 1;
  return prediction * (-sigma / std::sqrt(square)) + latents / square;
}

at::Tensor original_of(PredictionType type, SignalAndNoise level, const at::Tensor& prediction,
                       const at::Tensor& latents) {
  if (type == PredictionType::kSample) return prediction;
  if (type == PredictionType::kEpsilon) return (latents - prediction * level.sigma) / level.alpha;
  return latents * level.alpha - prediction * level.sigma;
}

at::Tensor noise_of(PredictionType type, SignalAndNoise level, const at::Tensor& prediction,
                    const at::Tensor& latents) {
  if (type == PredictionType::kEpsilon) return prediction;
  if (type == PredictionType::kSample) return (latents - prediction * level.alpha) / level.sigma;
  return prediction * level.alpha + latents * level.sigma;
}

}  // namespace schedulers
