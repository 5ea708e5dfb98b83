// SPDX-License-Identifier: MIT
#include "methods/matching/match_squares.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>

#include "methods/matching/match_regions.h"
#include "methods/matching/patch_search.h"
#include "tensors/device.h"

namespace matching {
namespace {

/// The patches of each query, the best first.
struct Nearest {
  at::Tensor scores;   ///< (n,k) f32
  at::Tensor patches;  ///< (n,k) i64
};

/// (C,h,w) as (squares in reading order, C·p·p), channel-major.
at::Tensor squares_of(const at::Tensor& latent, std::int64_t side) {
  return latent.unfold(1, side, side)
      .unfold(2, side, side)
      .permute({1, 2, 0, 3, 4})
      .reshape({-1, latent.size(0) * side * side});
}

/// The way back.
at::Tensor latent_of(const at::Tensor& squares, at::IntArrayRef shape, std::int64_t side) {
  return squares.view({shape[1] / side, shape[2] / side, shape[0], side, side}).permute({2, 0, 3, 1, 4}).reshape(shape);
}

Nearest search_tree(const at::Tensor& queries, const Bank& bank, std::int64_t top_k) {
  const at::Tensor rows = queries.contiguous();
  std::vector<Found> found(static_cast<std::size_t>(rows.size(0) * top_k));
  find_patches(bank.tree(), std::span(rows.data_ptr<float>(), static_cast<std::size_t>(rows.numel())),
               static_cast<std::size_t>(top_k), found);
  Nearest nearest{at::empty({rows.size(0), top_k}, at::kFloat), at::empty({rows.size(0), top_k}, at::kLong)};
  auto* score = nearest.scores.data_ptr<float>();
  auto* patch = nearest.patches.data_ptr<std::int64_t>();
  for (const Found& one : found) {
    *score++ = one.score;
    *patch++ = one.patch;
  }
  return nearest;
}

/// By comparing with every patch, some at a time, which bounds memory: what a GPU is good at.
Nearest search_all(const at::Tensor& queries, const Bank& bank, std::int64_t top_k, std::int64_t chunk) {
  Nearest nearest;
  const at::Tensor& patches = bank.on(queries.device()).normalised;
  for (std::int64_t from = 0; from < patches.size(0); from += chunk) {
    const at::Tensor some = patches.narrow(0, from, std::min(chunk, patches.size(0) - from));
    at::Tensor scores, indices;
    std::tie(scores, indices) = at::topk(at::mm(queries, some.t()), std::min(top_k, some.size(0)), 1);
    indices = indices + from;
    if (nearest.scores.defined()) {
      const at::Tensor both = at::cat({nearest.patches, indices}, 1);
      std::tie(scores, indices) = at::topk(at::cat({nearest.scores, scores}, 1), std::min(top_k, both.size(1)), 1);
      indices = both.gather(1, indices);
    }
    nearest = {scores, indices};
  }
  return nearest;
}

/// Σ softmax(score / temperature) · patch.
at::Tensor mixed(const Nearest& nearest, const Bank& bank, double temperature) {
  const at::Device device = nearest.patches.device();
  const at::Tensor& patches = device.is_cpu() ? bank.raw : bank.on(device).raw;
  if (nearest.patches.size(1) == 1) return patches.index_select(0, nearest.patches.select(1, 0));
  const at::Tensor weights = at::softmax(nearest.scores / temperature, 1);
  return (weights.unsqueeze(2) * patches.index_select(0, nearest.patches.reshape({-1}))
                                     .view({weights.size(0), weights.size(1), patches.size(1)}))
      .sum(1);
}

void add_matches(const Nearest& on_device, Matches& result) {
  const at::Tensor scores = tensors::to_host(on_device.scores.contiguous());
  const at::Tensor patches = tensors::to_host(on_device.patches.contiguous());
  const std::int64_t count = scores.size(0), top_k = scores.size(1), side = result.labels->patch_size;
  const std::int64_t columns = result.labels->width / side;
  result.indices = patches.select(1, 0).to(at::kInt).view({count / columns, columns}).contiguous();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t best = patches.data_ptr<std::int64_t>()[i * top_k];
    const Patch& patch = result.bank->patches[static_cast<std::size_t>(best)];
    Match match{.region = static_cast<std::int32_t>(i), .record = patch.record, .y = patch.y, .x = patch.x};
    match.y0 = static_cast<std::int32_t>(i / columns * side);
    match.x0 = static_cast<std::int32_t>(i % columns * side);
    match.height = match.width = static_cast<std::int32_t>(side);
    match.score = scores.data_ptr<float>()[i * top_k];
    result.matches.push_back(match);
  }
  result.regions = static_cast<int>(count);
  double sum = 0;
  for (std::int64_t i = 0; i < count * top_k; ++i) sum += scores.data_ptr<float>()[i];
  result.mean_topk = sum / static_cast<double>(count * top_k);
}

void check_squares(const imaging::Labels& labels, const Bank& bank) {
  const int side = labels.patch_size, of_bank = bank.settings.patch_size;
  if (side <= 0) throw std::invalid_argument("the labels are regions, not squares");
  if (side != of_bank)
    throw std::invalid_argument("the labels are squares of patch_size " + std::to_string(side) +
                                ", but the bank's patches have patch_size " + std::to_string(of_bank) +
                                ": give segment and patch-bank the same");
}

}  // namespace

Matches match_squares(const at::Tensor& latent, std::shared_ptr<const imaging::Labels> labels,
                      std::shared_ptr<const Bank> bank, const SquareSettings& settings) {
  check_squares(*labels, *bank);
  const at::Tensor one = checked_latent(latent, *labels, *bank);
  if (!tensors::to_host(one.isfinite().all()).item<bool>())
    throw std::runtime_error("the latents are not numbers any more (NaN or infinite)");
  const at::Tensor queries = normalised(squares_of(one, labels->patch_size));
  const std::int64_t top_k = std::min<std::int64_t>(settings.top_k, bank->normalised.size(0));
  const Nearest nearest = one.device().is_cpu() ? search_tree(queries, *bank, top_k)
                                                : search_all(queries, *bank, top_k, settings.dictionary_chunk_size);
  Matches result;
  result.target = latent_of(mixed(nearest, *bank, settings.similarity_temperature), one.sizes(), labels->patch_size);
  result.bank = std::move(bank);
  result.labels = std::move(labels);
  add_matches(nearest, result);
  return result;
}

}  // namespace matching
