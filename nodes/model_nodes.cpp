// SPDX-License-Identifier: MIT
#include "nodes/model_nodes.h"

#include <cstring>
#include <sstream>
#include <stdexcept>

#include "tensors/device.h"

namespace nodes {

at::Tensor guided(const at::Tensor& prompt, const at::Tensor& negative, const Guidance& guidance) {
  if (guidance.scale <= 1) return prompt;
  const at::Tensor plain = negative + guidance.scale * (prompt - negative);
  if (guidance.rescale == 0) return plain;
  const auto deviation = [](const at::Tensor& t) { return t.std(at::IntArrayRef{1, 2, 3}, true, true); };
  const at::Tensor factor = guidance.rescale * (deviation(prompt) / deviation(plain)) + (1 - guidance.rescale);
  return plain * factor;
}

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
  const at::ScalarType dtype = unet.parameters().front().second.scalar_type();
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

std::string denoiser_key(const models::Model& model, const Latents& latents, const Conditioning& conditioning) {
  std::ostringstream key;
  key << &model << latents.tensor.sizes() << conditioning.prompt_embeds.sizes();
  return key.str();
}

std::function<void()> finite_check(const at::Tensor& latents, const schedulers::Schedule& schedule, std::size_t turn) {
  return [finite = tensors::to_host_later(latents.isfinite().all()), turn, turns = schedule.size(),
          timestep = schedule.timestep(turn)] {
    if (finite.item<bool>()) return;
    std::ostringstream text;
    text << "the latents are not numbers any more (NaN or infinite) after turn " << turn + 1 << " of " << turns
         << " (timestep " << timestep
         << "); what came in may have been so already, the model may need --dtype fp32, or the guidance scale is too "
            "high";
    throw std::runtime_error(text.str());
  };
}

int side_of(int pixels, const models::ModelFiles& model) {
  return pixels > 0 ? pixels : static_cast<int>(model.native_side());
}

void check_side(const char* name, int pixels) {
  if (pixels % 8 == 0) return;
  const int below = pixels / 8 * 8;
  throw std::invalid_argument(std::string(name) + " " + std::to_string(pixels) + " is not a multiple of 8; " +
                              std::to_string(below) + " and " + std::to_string(below + 8) + " are");
}

schedulers::Draw draw_from(tensors::Generator& generator, at::Device device) {
  return [&generator, device](at::IntArrayRef shape) { return tensors::to_device(generator.randn(shape), device); };
}

at::ScalarType dtype_of(const models::Autoencoder& vae) {
  return vae.parameters().front().second.scalar_type();
}

at::Tensor host_of(graph::Context& cx, const Latents& latents) {
  if (latents.tensor.is_cpu()) return latents.tensor;
  const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
  return latents.host();
}

at::Tensor to_tensor(const Image& image) {
  const cv::Mat pixels = image.pixels.isContinuous() ? image.pixels : image.pixels.clone();
  const at::Tensor view = at::from_blob(pixels.data, {1, pixels.rows, pixels.cols, 3}, at::TensorOptions(at::kFloat));
  return view.permute({0, 3, 1, 2}).clone(at::MemoryFormat::Contiguous);
}

std::function<Image()> to_image_later(const at::Tensor& tensor, std::int64_t row) {
  const at::Tensor pixels = tensor[row].detach().to(at::kFloat).clamp(0, 1).permute({1, 2, 0}).contiguous();
  return [host = tensors::to_host_later(pixels)] {
    cv::Mat mat(static_cast<int>(host.size(0)), static_cast<int>(host.size(1)), CV_32FC3);
    std::memcpy(mat.data, host.data_ptr(), host.nbytes());
    return Image{mat};
  };
}

}  // namespace nodes
