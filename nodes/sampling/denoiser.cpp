// SPDX-License-Identifier: MIT
#include "nodes/sampling/denoiser.h"

#include <sstream>

namespace nodes {

models::RowConditioning prompt_half(const Conditioning& conditioning) {
  return {.encoder_hidden_states = conditioning.prompt_embeds,
          .text_embeds = conditioning.pooled_prompt_embeds,
          .time_ids = conditioning.time_ids};
}

models::RowConditioning negative_half(const Conditioning& conditioning) {
  return {.encoder_hidden_states = conditioning.negative_prompt_embeds,
          .text_embeds = conditioning.negative_pooled_prompt_embeds,
          .time_ids = conditioning.negative_time_ids};
}

std::vector<Predictions> predict(const models::UNet& unet, std::span<const DenoiserRow> rows) {
  std::vector<models::UNetRow> halves;
  for (const DenoiserRow& row : rows) {
    const at::Tensor sample = schedulers::scale_model_input(row.schedule, row.turn, row.latents.tensor);
    const double timestep = row.schedule.timestep(row.turn);
    if (row.negative) halves.push_back({sample, timestep, *row.negative});
    halves.push_back({sample, timestep, row.prompt});
  }
  const std::vector<at::Tensor> out = unet(halves);
  std::vector<Predictions> predictions;
  auto next = out.begin();
  for (const DenoiserRow& row : rows) {
    Predictions& one = predictions.emplace_back();
    if (row.negative) one.negative = *next++;
    one.prompt = *next++;
  }
  return predictions;
}

int network_rows(const DenoiserRow& row) {
  return static_cast<int>(row.latents.tensor.size(0)) * (row.negative ? 2 : 1);
}

std::string denoiser_key(const Network<models::UNet>& unet, const DenoiserRow& row) {
  std::ostringstream key;
  key << unet.resident().get() << row.latents.tensor.sizes() << row.prompt.encoder_hidden_states.sizes();
  for (const at::Tensor& residual : row.prompt.residuals.down) key << " down" << residual.sizes();
  if (row.prompt.residuals.mid.defined()) key << " mid" << row.prompt.residuals.mid.sizes();
  if (row.prompt.edit_logits || (row.negative && row.negative->edit_logits)) key << " edited";
  return key.str();
}

}  // namespace nodes
