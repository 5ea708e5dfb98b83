// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/networks/unet.h"
#include "nodes/residency.h"
#include "nodes/values.h"

/// Calls of the denoiser for many rows at once.
namespace nodes {

/// One row of a denoiser's batch: latents of its own, at a turn of its own.
struct DenoiserRow {
  const Latents& latents;
  const Conditioning& conditioning;
  const schedulers::Schedule& schedule;
  std::size_t turn;
  bool negative;  ///< whether the prediction without the prompt is wanted, too
};

/// All rows in one call of the network. Predictions are f32; `negative` is undefined where it was not wanted.
std::vector<Predictions> predict(const models::UNet& unet, std::span<const DenoiserRow> rows);

/// Rows may share a call of the network when these are equal.
std::string denoiser_key(const Network<models::UNet>& unet, const Latents& latents, const Conditioning& conditioning);

}  // namespace nodes
