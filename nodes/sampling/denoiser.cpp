// SPDX-License-Identifier: MIT
#include "nodes/sampling/denoiser.h"

#include <sstream>
#include <stdexcept>

#include "models/networks/controlnet.h"
#include "schedulers/solver.h"

namespace nodes {

models::RowConditioning prompt_half(const Conditioning& conditioning) {
  return {.encoder_hidden_states = conditioning.prompt_embeds,
          .text_embeds = conditioning.pooled_prompt_embeds,
          .time_ids = conditioning.time_ids};
}

models::RowConditioning prompt_half(const Conditioning& conditioning, const schedulers::Schedule& schedule,
                                    std::size_t turn) {
  models::RowConditioning half = prompt_half(conditioning);
  if (const auto& pull = conditioning.attention) {
    const double sigma = pull->from_start ? schedule.solver().sigmas().at(turn) : schedule.sigma(turn);
    half.edit_logits =
        std::make_shared<const models::LogitEdit>(models::attention_edit(pull->regions, pull->fall, sigma));
  }
  return half;
}

models::RowConditioning negative_half(const Conditioning& conditioning) {
  return {.encoder_hidden_states = conditioning.negative_prompt_embeds,
          .text_embeds = conditioning.negative_pooled_prompt_embeds,
          .time_ids = conditioning.negative_time_ids};
}

void add_residuals(DenoiserRow& row, const graph::List<Residuals>& residuals) {
  const Residuals* first = nullptr;
  for (const Residuals* one : residuals.present()) {
    if (!row.also.empty())
      throw std::runtime_error(
          "the prompt joins several by AND, and residuals are made for one: write one prompt, or leave out controlnet");
    if (first == nullptr) first = one;
    if (one->guess != first->guess)
      throw std::runtime_error(
          "some residuals were made in guess_mode and some were not: it is for all ControlNets or for none");
    if (row.negative && !one->guess && one->negative.none())
      throw std::runtime_error(
          "the residuals were made for the prompt alone, and there is guidance: give controlnet the same "
          "guidance_scale");
    row.prompt.residuals = models::sum(row.prompt.residuals, one->prompt);
    if (row.negative) row.negative->residuals = models::sum(row.negative->residuals, one->negative);
  }
}

namespace {

at::Tensor sample_of(const DenoiserRow& row) {
  const at::Tensor scaled =
      row.timestep ? row.latents.tensor : schedulers::scale_model_input(row.schedule, row.turn, row.latents.tensor);
  if (!row.masked.defined()) return scaled;
  if (row.masked.sizes().slice(2) != scaled.sizes().slice(2))
    throw std::runtime_error("'masked' is of the shape " + c10::str(row.masked.sizes()) + ", and the latents of " +
                             c10::str(scaled.sizes()));
  return at::cat({scaled, row.masked.expand({scaled.size(0), -1, -1, -1})}, 1);
}

}  // namespace

void add_joined_prompts(DenoiserRow& row, const Conditioning& conditioning) {
  if (conditioning.parts == nullptr || conditioning.parts->also.empty()) return;
  row.weight = conditioning.weight;
  row.negative = negative_half(conditioning);
  for (const Conditioning& one : conditioning.parts->also) row.also.emplace_back(one.weight, prompt_half(one));
}

std::vector<RowPredictions> predict(const models::UNet& unet, std::span<const DenoiserRow> rows) {
  std::vector<models::UNetRow> halves;
  for (const DenoiserRow& row : rows) {
    const at::Tensor sample = sample_of(row);
    const double timestep = row.timestep ? *row.timestep : row.schedule.timestep(row.turn);
    if (row.negative) halves.push_back({sample, timestep, *row.negative});
    halves.push_back({sample, timestep, row.prompt});
    if (row.perturbed) {
      halves.push_back(halves.back());
      halves.back().conditioning.perturbed = row.perturbed;
    }
    for (const auto& [weight, prompt] : row.also) halves.push_back({sample, timestep, prompt});
  }
  const auto tokens = [](const models::UNetRow& half) { return half.conditioning.encoder_hidden_states.size(1); };
  const std::vector<at::Tensor> out = in_calls(unet, halves, tokens);
  std::vector<RowPredictions> predictions;
  auto next = out.begin();
  for (const DenoiserRow& row : rows) {
    RowPredictions& one = predictions.emplace_back();
    if (row.negative) one.negative = *next++;
    one.prompt = *next++;
    if (row.perturbed) one.perturbed = *next++;
    if (row.also.empty()) continue;
    one.prompt = one.negative + row.weight * (one.prompt - one.negative);
    for (const auto& [weight, prompt] : row.also) one.prompt = one.prompt + weight * (*next++ - one.negative);
  }
  return predictions;
}

int network_rows(const DenoiserRow& row) {
  return static_cast<int>(row.latents.tensor.size(0)) *
         (1 + (row.negative ? 1 : 0) + (row.perturbed ? 1 : 0) + static_cast<int>(row.also.size()));
}

std::string denoiser_key(const Network<models::UNet>& unet, const DenoiserRow& row) {
  std::ostringstream key;
  key << unet.resident().get() << row.latents.tensor.sizes() << row.prompt.encoder_hidden_states.sizes();
  const bool is_longer =
      row.negative && row.negative->encoder_hidden_states.sizes() != row.prompt.encoder_hidden_states.sizes();
  if (is_longer) key << " negative" << row.negative->encoder_hidden_states.sizes();
  if (row.prompt.edit_logits || (row.negative && row.negative->edit_logits)) key << " edited";
  for (const auto& [weight, prompt] : row.also)
    if (prompt.encoder_hidden_states.sizes() != row.prompt.encoder_hidden_states.sizes())
      key << " also" << prompt.encoder_hidden_states.sizes();
  if (row.perturbed)
    for (const std::string& layer : *row.perturbed) key << " perturbed " << layer;
  return key.str();
}

}  // namespace nodes
