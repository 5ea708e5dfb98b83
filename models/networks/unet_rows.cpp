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

UNetResiduals residuals_of(std::span<const UNetRow> rows, at::ScalarType dtype) {
  const UNetResiduals& first = rows.front().conditioning.residuals;
  for (const UNetRow& row : rows) {
    const UNetResiduals& one = row.conditioning.residuals;
    if (one.down.size() != first.down.size() || one.mid.defined() != first.mid.defined())
      throw std::invalid_argument("unet: rows with other residuals in one call: all have them, or none has");
  }
  UNetResiduals all;
  for (std::size_t i = 0; i < first.down.size(); ++i)
    all.down.push_back(joined(rows, [i](const RowConditioning& row) { return row.residuals.down[i]; }).to(dtype));
  if (first.mid.defined())
    all.mid = joined(rows, [](const RowConditioning& row) { return row.residuals.mid; }).to(dtype);
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

}  // namespace

UNet::Input UNet::batch_of(std::span<const UNetRow> rows) const {
  std::vector<at::Tensor> samples;
  std::vector<float> timesteps;
  for (const UNetRow& row : rows) {
    samples.push_back(row.sample);
    timesteps.insert(timesteps.end(), static_cast<std::size_t>(row.sample.size(0)), static_cast<float>(row.timestep));
  }
  const at::Device device = samples.front().device();
  Input input{at::cat(samples).to(dtype()), tensors::to_device(at::tensor(timesteps), device),
              joined(rows, [](const RowConditioning& row) { return row.encoder_hidden_states; }).to(dtype())};
  if (config_.text_time) {
    input.text_embeds = joined(rows, [](const RowConditioning& row) { return row.text_embeds; }).to(dtype());
    input.time_ids = joined(rows, [](const RowConditioning& row) { return row.time_ids; });
  }
  input.residuals = residuals_of(rows, dtype());
  input.edits = edits_of(rows);
  return input;
}

std::vector<at::Tensor> UNet::operator()(std::span<const UNetRow> rows) const {
  std::vector<std::int64_t> counts;
  for (const UNetRow& row : rows) counts.push_back(row.sample.size(0));
  return (*this)(batch_of(rows)).to(at::kFloat).split_with_sizes(counts);
}

}  // namespace models
