// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
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
  const schedulers::Schedule& schedule;
  std::size_t turn;
  models::RowConditioning prompt;
  std::optional<models::RowConditioning> negative{};  ///< none: the prediction without the prompt is not wanted
  at::Tensor masked{};  ///< (1 or B,5,h,w): what an inpainting model takes behind the latents, as it is; or undefined
  /// Of the prompt again, with its attention perturbed in these layers; null: not wanted.
  std::shared_ptr<const std::vector<std::string>> perturbed{};
  std::optional<double> timestep{};  ///< of the training, in the place of the turn's; the latents are not scaled then
  double weight = 1;                                               ///< of the prompt beside those that follow
  std::vector<std::pair<double, models::RowConditioning>> also{};  ///< prompts beside it, with their weights
};

/// Has what ControlNets add, in sum, added to the halves of the row. Throws std::runtime_error where they are for
/// other UNets, where only some were made in guess mode, or where a half that is wanted has none.
void add_residuals(DenoiserRow& row, const graph::List<Residuals>& residuals);

/// The halves of a conditioning, as the network takes them.
models::RowConditioning prompt_half(const Conditioning& conditioning);
/// With what the conditioning does to attention at a turn.
models::RowConditioning prompt_half(const Conditioning& conditioning, const schedulers::Schedule& schedule,
                                    std::size_t turn);
models::RowConditioning negative_half(const Conditioning& conditioning);

/// Makes the row one of several prompts (webui's AND), where the conditioning has them: it then has a negative half,
/// too.
void add_joined_prompts(DenoiserRow& row, const Conditioning& conditioning);

/// `Predictions` of a row, and the one of the prompt with its attention perturbed.
struct RowPredictions : Predictions {
  at::Tensor perturbed;  ///< undefined where it was not wanted
};

/// All rows in one call of the network; the prediction of several prompts is negative + Σ weight · (each − negative)
/// (Liu et al. 2022, "Compositional Visual Generation", as webui has it); halves of other numbers of tokens in a call
/// of their own. Predictions are f32; `negative` is undefined where it was not wanted.
std::vector<RowPredictions> predict(const models::UNet& unet, std::span<const DenoiserRow> rows);

/// What the network makes of rows, each with `tokens`; those of one number of tokens share a call.
template <class Network, class Row, class Tokens>
auto in_calls(const Network& network, const std::vector<Row>& rows, const Tokens& tokens) {
  std::map<std::int64_t, std::vector<std::size_t>> by_tokens;
  for (std::size_t i = 0; i < rows.size(); ++i) by_tokens[tokens(rows[i])].push_back(i);
  if (by_tokens.size() == 1) return network(rows);
  decltype(network(rows)) all(rows.size());
  for (const auto& [count, places] : by_tokens) {
    std::vector<Row> some;
    for (const std::size_t place : places) some.push_back(rows[place]);
    auto out = network(some);
    for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = std::move(out[i]);
  }
  return all;
}

/// How many rows of the network the row is: pictures times halves.
int network_rows(const DenoiserRow& row);

/// Rows may share a call of the network when these are equal: the same network, the same shapes, edits for all of them
/// or for none. Values do not count, and neither does whether a row has residuals or a negative half of as many tokens.
std::string denoiser_key(const Network<models::UNet>& unet, const DenoiserRow& row);

}  // namespace nodes
