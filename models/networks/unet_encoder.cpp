// SPDX-License-Identifier: MIT
#include "models/networks/unet_encoder.h"

#include <sstream>
#include <stdexcept>

namespace models {
namespace {

/// Depth of the transformer of one layer; 0: none.
std::int64_t depth_of(const UNetConfig::Block& block, std::size_t layer) {
  if (!block.attention) return 0;
  return block.transformer_layers.size() == 1 ? block.transformer_layers[0] : block.transformer_layers[layer];
}

}  // namespace

void UNetBlock::add(const ParameterPath& path, const UNetParts& parts, const UNetConfig::Block& block,
                    std::int64_t in) {
  const std::size_t layer = resnets.size();
  resnets.push_back(parts.resnet(path / "resnets" / layer, in, block.channels));
  const std::int64_t depth = depth_of(block, layer);
  attentions.emplace_back();
  if (block.attention) attentions.back().emplace(parts.transformer(path / "attentions" / layer, block, depth));
}

UNetDown::UNetDown(const ParameterPath& path, const UNetParts& parts, const UNetConfig::Block& block, std::int64_t in,
                   bool last) {
  for (std::int64_t i = 0; i < block.layers; ++i) add(path, parts, block, i == 0 ? in : block.channels);
  if (!last) downsampler.emplace(path / "downsamplers" / 0, block.channels, Downsample::Padding::kAround);
}

at::Tensor UNetDown::operator()(at::Tensor x, const at::Tensor& time, const AttentionContext& context,
                                std::vector<at::Tensor>& skips) const {
  for (std::size_t i = 0; i < resnets.size(); ++i) skips.push_back(x = layer(i, x, time, context));
  if (downsampler) skips.push_back(x = (*downsampler)(x));
  return x;
}

UNetMiddle::UNetMiddle(const ParameterPath& path, const UNetParts& parts) {
  const UNetConfig::Block& block = parts.config.down.back();
  resnets.push_back(parts.resnet(path / "resnets" / 0, block.channels, block.channels));
  if (parts.config.middle != UNetConfig::Middle::kCrossAttention) return;
  attention.emplace(parts.transformer(path / "attentions" / 0, block, parts.config.middle_transformer_layers.front()));
  resnets.push_back(parts.resnet(path / "resnets" / 1, block.channels, block.channels));
}

UNetEncoder::UNetEncoder(const UNetConfig& config, const ParameterPath& path)
    : conv_in(path / "conv_in", config.in_channels, config.down.front().channels),
      time_embedding(path / "time_embedding", config.down.front().channels, config.time_channels()) {
  if (config.time_cond_proj_dim > 0)
    cond_proj.emplace(path / "time_embedding" / "cond_proj", config.time_cond_proj_dim, config.down.front().channels,
                      false);
  if (config.text_time) add_embedding.emplace(path / "add_embedding", config.additional_width, config.time_channels());
  const UNetParts parts{config};
  std::int64_t channels = config.down.front().channels;
  skip_channels.push_back(channels);
  for (std::size_t i = 0; i < config.down.size(); ++i) {
    const UNetConfig::Block& block = config.down[i];
    const bool last = i + 1 == config.down.size();
    down.emplace_back(path / "down_blocks" / i, parts, block, channels, last);
    channels = block.channels;
    skip_channels.insert(skip_channels.end(), static_cast<std::size_t>(block.layers) + (last ? 0 : 1), channels);
  }
  if (config.middle != UNetConfig::Middle::kNone) middle.emplace(path / "mid_block", parts);
}

at::Tensor UNetEncoder::time(const UNetConfig& config, const UNet::Input& input) const {
  const auto sinusoids = [&](const at::Tensor& x, std::int64_t width) {
    return timestep_embedding(x, width, config.flip_sin_to_cos, config.freq_shift).to(input.sample.scalar_type());
  };
  at::Tensor sinusoid = sinusoids(input.timesteps, config.down.front().channels);
  if (cond_proj) {
    const at::Tensor guidance = guidance_embedding(input.guidance_scale, config.time_cond_proj_dim);
    sinusoid = sinusoid + (*cond_proj)(guidance.to(sinusoid.scalar_type()));
  }
  at::Tensor time = time_embedding(sinusoid);
  if (config.text_time) {
    const at::Tensor ids = sinusoids(input.time_ids.flatten(), config.addition_time_embed_dim);
    time = time + (*add_embedding)(at::cat({input.text_embeds, ids.reshape({input.time_ids.size(0), -1})}, 1));
  }
  return at::silu(time);
}

at::Tensor UNetEncoder::go_down(at::Tensor x, const at::Tensor& time, const AttentionContext& context,
                                std::vector<at::Tensor>& skips) const {
  skips.push_back(x);
  for (const UNetDown& block : down) x = block(x, time, context, skips);
  return x;
}

void expect_shape(bool good, const std::string& who, const std::string& name, const std::string& expected,
                  const at::Tensor& found) {
  if (good) return;
  std::ostringstream text;
  text << who << ": " << name << ": expected " << expected << ", found ";
  if (found.defined()) text << found.sizes();
  else text << "nothing";
  throw std::invalid_argument(text.str());
}

void check_input(const std::string& who, const UNetConfig& config, const UNet::Input& input) {
  const at::Tensor& x = input.sample;
  const auto is = [&](const at::Tensor& t, std::int64_t dims) {
    return t.defined() && t.dim() == dims && t.size(0) == x.size(0);
  };
  expect_shape(x.defined() && x.dim() == 4 && x.size(1) == config.in_channels && x.numel() > 0, who, "sample",
               "(B, " + std::to_string(config.in_channels) + ", h, w)", x);
  expect_shape(is(input.timesteps, 1), who, "timesteps", "one for each row", input.timesteps);
  expect_shape(is(input.encoder_hidden_states, 3) && input.encoder_hidden_states.size(2) == config.cross_attention_dim,
               who, "encoder_hidden_states", "(B, tokens, " + std::to_string(config.cross_attention_dim) + ")",
               input.encoder_hidden_states);
  if (config.time_cond_proj_dim > 0)
    expect_shape(is(input.guidance_scale, 1), who, "guidance_scale", "one for each row", input.guidance_scale);
  if (!config.text_time) return;
  expect_shape(is(input.text_embeds, 2), who, "text_embeds", "(B, width)", input.text_embeds);
  const std::int64_t ids = config.time_ids(input.text_embeds.size(1));
  expect_shape(is(input.time_ids, 2) && input.time_ids.size(1) == ids, who, "time_ids",
               "(B, " + std::to_string(ids) + ")", input.time_ids);
}

}  // namespace models
