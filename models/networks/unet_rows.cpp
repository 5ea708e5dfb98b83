// SPDX-License-Identifier: MIT
#include <algorithm>
#include <stdexcept>

#include "models/networks/unet.h"
#include "tensors/device.h"

namespace models {
namespace {

/// For each picture of a row: (1 or count, …) → (count, …).
at::Tensor spread(const at::Tensor& tensor, std::int64_t count) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(tensor.dim()), -1);
  sizes[0] = count;
  return tensor.expand(sizes);
}

/// What `part` gives of each row, one after the other.
template <class Part>
at::Tensor joined(std::span<const UNetRow> rows, const Part& part) {
  std::vector<at::Tensor> tensors;
  for (const UNetRow& row : rows) tensors.push_back(spread(part(row.conditioning), row.sample.size(0)));
  return at::cat(tensors);
}

/// One residual of all rows. A row without gets zeros, which add nothing; none has it: undefined.
template <class Part>
at::Tensor joined_residual(std::span<const UNetRow> rows, at::ScalarType dtype, const Part& part) {
  const auto has_one = [&](const UNetRow& row) { return part(row.conditioning.residuals).defined(); };
  const auto like = std::ranges::find_if(rows, has_one);
  if (like == rows.end()) return {};
  const at::Tensor& first = part(like->conditioning.residuals);
  std::vector<at::Tensor> tensors;
  for (const UNetRow& row : rows) {
    const at::Tensor& one = part(row.conditioning.residuals);
    if (one.defined() && (one.dim() != 4 || one.sizes().slice(1) != first.sizes().slice(1)))
      throw std::invalid_argument("unet: residuals of the shapes " + c10::str(first.sizes()) + " and " +
                                  c10::str(one.sizes()) + " in one call");
    tensors.push_back(spread(one.defined() ? one : at::zeros_like(first.narrow(0, 0, 1)), row.sample.size(0)));
  }
  return at::cat(tensors).to(dtype);
}

UNetResiduals residuals_of(std::span<const UNetRow> rows, at::ScalarType dtype) {
  std::size_t count = 0;
  for (const UNetRow& row : rows) count = std::max(count, row.conditioning.residuals.down.size());
  for (const UNetRow& row : rows) {
    const std::size_t here = row.conditioning.residuals.down.size();
    if (here != 0 && here != count)
      throw std::invalid_argument("unet: rows with " + std::to_string(here) + " and " + std::to_string(count) +
                                  " residuals in one call: they are of other networks");
  }
  static const at::Tensor kNothing;
  UNetResiduals all;
  for (std::size_t i = 0; i < count; ++i) {
    all.down.push_back(joined_residual(rows, dtype, [i](const UNetResiduals& one) -> const at::Tensor& {
      return one.down.empty() ? kNothing : one.down[i];
    }));
  }
  all.mid = joined_residual(rows, dtype, [](const UNetResiduals& one) -> const at::Tensor& { return one.mid; });
  return all;
}

/// One for each picture; empty where no row has one.
std::vector<const LogitEdit*> edits_of(std::span<const UNetRow> rows) {
  const auto has_edit = [](const UNetRow& row) { return row.conditioning.edit_logits != nullptr; };
  if (std::ranges::none_of(rows, has_edit)) return {};
  std::vector<const LogitEdit*> edits;
  for (const UNetRow& row : rows)
    edits.insert(edits.end(), static_cast<std::size_t>(row.sample.size(0)), row.conditioning.edit_logits.get());
  return edits;
}

/// (B) f64 on a device.
at::Tensor guidance_of(std::span<const UNetRow> rows, at::Device device) {
  std::vector<double> scales;
  for (const UNetRow& row : rows)
    scales.insert(scales.end(), static_cast<std::size_t>(row.sample.size(0)),
                  row.conditioning.guidance_scale.value_or(1));
  return tensors::to_device(at::tensor(scales, at::kDouble), device);
}

/// Those pictures whose attention is perturbed, and where.
void take_perturbed(std::span<const UNetRow> rows, UNet::Input& input) {
  std::vector<std::uint8_t> all;
  for (const UNetRow& row : rows) {
    const auto& layers = row.conditioning.perturbed;
    all.insert(all.end(), static_cast<std::size_t>(row.sample.size(0)), layers != nullptr);
    if (layers == nullptr) continue;
    if (input.perturbed_layers && *input.perturbed_layers != *layers)
      throw std::invalid_argument("unet: rows with other perturbed layers in one call");
    input.perturbed_layers = layers;
  }
  if (input.perturbed_layers)
    input.perturbed = tensors::to_device(at::tensor(all, at::kByte).to(at::kBool), input.sample.device());
}

}  // namespace

UNet::Input UNet::batch_of(std::span<const UNetRow> rows, const UNetConfig& config, at::ScalarType dtype) {
  std::vector<at::Tensor> samples;
  std::vector<float> timesteps;
  for (const UNetRow& row : rows) {
    samples.push_back(row.sample);
    timesteps.insert(timesteps.end(), static_cast<std::size_t>(row.sample.size(0)), static_cast<float>(row.timestep));
  }
  const at::Device device = samples.front().device();
  Input input{at::cat(samples).to(dtype), tensors::to_device(at::tensor(timesteps), device),
              joined(rows, [](const RowConditioning& row) { return row.encoder_hidden_states; }).to(dtype)};
  if (config.text_time) {
    input.text_embeds = joined(rows, [](const RowConditioning& row) { return row.text_embeds; }).to(dtype);
    input.time_ids = joined(rows, [](const RowConditioning& row) { return row.time_ids; });
  }
  input.residuals = residuals_of(rows, dtype);
  input.edits = edits_of(rows);
  if (config.time_cond_proj_dim > 0) input.guidance_scale = guidance_of(rows, device);
  take_perturbed(rows, input);
  return input;
}

std::vector<at::Tensor> UNet::operator()(std::span<const UNetRow> rows) const {
  std::vector<std::int64_t> counts;
  for (const UNetRow& row : rows) counts.push_back(row.sample.size(0));
  return (*this)(batch_of(rows, config_, dtype())).to(at::kFloat).split_with_sizes(counts);
}

}  // namespace models
