// SPDX-License-Identifier: MIT
#include "nodes/sampling/denoiser.h"

#include <sstream>

#include "tensors/device.h"

namespace nodes {

std::vector<Predictions> predict(const models::UNet& unet, std::span<const DenoiserRow> rows) {
  std::vector<at::Tensor> samples, embeds, pooled, time_ids;
  std::vector<float> timesteps;
  const auto add = [&](const at::Tensor& sample, const DenoiserRow& row, bool negative) {
    const Conditioning& c = row.conditioning;
    const std::int64_t count = sample.size(0);
    const auto spread = [&](const at::Tensor& t) {
      std::vector<std::int64_t> sizes(static_cast<std::size_t>(t.dim()), -1);
      sizes[0] = count;
      return t.expand(sizes);
    };
    samples.push_back(sample);
    embeds.push_back(spread(negative ? c.negative_prompt_embeds : c.prompt_embeds));
    if (unet.config().text_time) {
      pooled.push_back(spread(negative ? c.negative_pooled_prompt_embeds : c.pooled_prompt_embeds));
      time_ids.push_back(spread(negative ? c.negative_time_ids : c.time_ids));
    }
    timesteps.insert(timesteps.end(), static_cast<std::size_t>(count),
                     static_cast<float>(row.schedule.timestep(row.turn)));
  };
  for (const DenoiserRow& row : rows) {
    const at::Tensor sample = schedulers::scale_model_input(row.schedule, row.turn, row.latents.tensor);
    if (row.negative) add(sample, row, true);
    add(sample, row, false);
  }
  const at::ScalarType dtype = unet.dtype();
  const at::Device device = samples.front().device();
  models::UNet::Input input{at::cat(samples).to(dtype), tensors::to_device(at::tensor(timesteps), device),
                            at::cat(embeds).to(dtype)};
  if (unet.config().text_time) {
    input.text_embeds = at::cat(pooled).to(dtype);
    input.time_ids = at::cat(time_ids);
  }
  const at::Tensor out = unet(input).to(at::kFloat);
  std::vector<Predictions> predictions;
  std::int64_t from = 0;
  const auto take = [&](std::int64_t count) {
    const at::Tensor part = out.narrow(0, from, count);
    from += count;
    return part;
  };
  for (const DenoiserRow& row : rows) {
    const std::int64_t count = row.latents.tensor.size(0);
    Predictions& one = predictions.emplace_back();
    if (row.negative) one.negative = take(count);
    one.prompt = take(count);
  }
  return predictions;
}

std::string denoiser_key(const Network<models::UNet>& unet, const Latents& latents, const Conditioning& conditioning) {
  std::ostringstream key;
  key << unet.resident().get() << latents.tensor.sizes() << conditioning.prompt_embeds.sizes();
  return key.str();
}

}  // namespace nodes
