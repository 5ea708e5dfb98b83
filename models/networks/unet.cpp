// SPDX-License-Identifier: MIT
#include "models/networks/unet.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "models/networks/embeddings.h"
#include "models/networks/fused.h"
#include "models/networks/resnet.h"
#include "models/networks/unet_graphs.h"

namespace models {
namespace {

/// What the blocks of one UNet have in common.
struct Common {
  const UNetConfig& config;

  ResnetBlock resnet(const ParameterPath& path, std::int64_t in, std::int64_t out) const {
    return {path, {in, out, config.norm_groups, config.norm_eps, config.time_channels()}};
  }
  Transformer2D transformer(const ParameterPath& path, const UNetConfig::Block& block, std::int64_t blocks) const {
    return {path,
            {{block.channels, config.cross_attention_dim, block.heads, config.upcast_attention},
             blocks,
             config.norm_groups,
             config.linear_projection}};
  }
};

/// Depth of the transformer of one layer; 0: none.
std::int64_t depth_of(const UNetConfig::Block& block, std::size_t layer) {
  if (!block.attention) return 0;
  return block.transformer_layers.size() == 1 ? block.transformer_layers[0] : block.transformer_layers[layer];
}

/// One resolution: resnets, each with a transformer behind it where the block has attention.
struct Block {
  std::vector<ResnetBlock> resnets;
  std::vector<std::optional<Transformer2D>> attentions;

  void add(const ParameterPath& path, const Common& common, const UNetConfig::Block& block, std::int64_t in) {
    const std::size_t layer = resnets.size();
    resnets.push_back(common.resnet(path / "resnets" / layer, in, block.channels));
    const std::int64_t depth = depth_of(block, layer);
    attentions.emplace_back();
    if (block.attention) attentions.back().emplace(common.transformer(path / "attentions" / layer, block, depth));
  }
  at::Tensor layer(std::size_t i, const at::Tensor& x, const at::Tensor& time, const AttentionContext& context) const {
    const at::Tensor hidden = resnets[i](x, time);
    return attentions[i] ? (*attentions[i])(hidden, context) : hidden;
  }
};

struct Down : Block {
  Down(const ParameterPath& path, const Common& common, const UNetConfig::Block& block, std::int64_t in, bool last) {
    for (std::int64_t i = 0; i < block.layers; ++i) add(path, common, block, i == 0 ? in : block.channels);
    if (!last) downsampler.emplace(path / "downsamplers" / 0, block.channels, Downsample::Padding::kAround);
  }
  /// Every result is a skip connection.
  at::Tensor operator()(at::Tensor x, const at::Tensor& time, const AttentionContext& context,
                        std::vector<at::Tensor>& skips) const {
    for (std::size_t i = 0; i < resnets.size(); ++i) skips.push_back(x = layer(i, x, time, context));
    if (downsampler) skips.push_back(x = (*downsampler)(x));
    return x;
  }
  std::optional<Downsample> downsampler;
};

struct Up : Block {
  /// `skips`: channels of the skip connections that are left, the next one last.
  Up(const ParameterPath& path, const Common& common, const UNetConfig::Block& block, std::int64_t in,
     std::vector<std::int64_t>& skips, bool last) {
    for (std::int64_t i = 0; i <= block.layers; ++i) {
      add(path, common, block, (i == 0 ? in : block.channels) + skips.back());
      skips.pop_back();
    }
    if (!last) upsampler.emplace(path / "upsamplers" / 0, block.channels);
  }
  at::Tensor operator()(at::Tensor x, const at::Tensor& time, const AttentionContext& context,
                        std::vector<at::Tensor>& skips) const {
    for (std::size_t i = 0; i < resnets.size(); ++i) {
      x = layer(i, at::cat({x, skips.back()}, 1), time, context);
      skips.pop_back();
    }
    // To the size of the next skip connection: sides that were odd on the way down are so again.
    return upsampler ? (*upsampler)(x, skips.back().sizes().slice(2)) : x;
  }
  std::optional<Upsample> upsampler;
};

/// resnet, then (transformer, resnet) where the middle has attention.
struct Middle {
  Middle(const ParameterPath& path, const Common& common) {
    const UNetConfig::Block& block = common.config.down.back();
    resnets.push_back(common.resnet(path / "resnets" / 0, block.channels, block.channels));
    if (common.config.middle != UNetConfig::Middle::kCrossAttention) return;
    attention.emplace(
        common.transformer(path / "attentions" / 0, block, common.config.middle_transformer_layers.front()));
    resnets.push_back(common.resnet(path / "resnets" / 1, block.channels, block.channels));
  }
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& time, const AttentionContext& context) const {
    const at::Tensor hidden = resnets[0](x, time);
    return attention ? resnets[1]((*attention)(hidden, context), time) : hidden;
  }
  std::vector<ResnetBlock> resnets;
  std::optional<Transformer2D> attention;
};

void expect(bool good, const std::string& name, const std::string& expected, const at::Tensor& found) {
  if (good) return;
  std::ostringstream text;
  text << "unet: " << name << ": expected " << expected << ", found ";
  if (found.defined()) text << found.sizes();
  else text << "nothing";
  throw std::invalid_argument(text.str());
}

at::Tensor added(const at::Tensor& x, const at::Tensor& residual) {
  expect(residual.sizes() == x.sizes(), "a residual", c10::str(x.sizes()), residual);
  return x + residual;
}

}  // namespace

struct UNet::Layers {
  Layers(const UNetConfig& config, const ParameterPath& path)
      : conv_in(path / "conv_in", config.in_channels, config.down.front().channels),
        time_embedding(path / "time_embedding", config.down.front().channels, config.time_channels()),
        conv_norm_out(path / "conv_norm_out", config.norm_groups, config.down.front().channels, config.norm_eps),
        conv_out(path / "conv_out", config.down.front().channels, config.out_channels) {
    if (config.text_time)
      add_embedding.emplace(path / "add_embedding", config.additional_width, config.time_channels());
    const Common common{config};
    std::int64_t channels = config.down.front().channels;
    std::vector<std::int64_t> skips{channels};
    for (std::size_t i = 0; i < config.down.size(); ++i) {
      const UNetConfig::Block& block = config.down[i];
      const bool last = i + 1 == config.down.size();
      down.emplace_back(path / "down_blocks" / i, common, block, channels, last);
      channels = block.channels;
      skips.insert(skips.end(), static_cast<std::size_t>(block.layers) + (last ? 0 : 1), channels);
    }
    if (config.middle != UNetConfig::Middle::kNone) middle.emplace(path / "mid_block", common);
    for (std::size_t i = 0; i < config.up.size(); ++i) {
      up.emplace_back(path / "up_blocks" / i, common, config.up[i], channels, skips, i + 1 == config.up.size());
      channels = config.up[i].channels;
    }
  }

  Conv2d conv_in;
  TimestepEmbedding time_embedding;
  std::optional<TimestepEmbedding> add_embedding;
  std::vector<Down> down;
  std::optional<Middle> middle;
  std::vector<Up> up;
  GroupNorm conv_norm_out;
  Conv2d conv_out;
};

UNet::UNet(UNetConfig config, ParameterSource& source)
    : config_(std::move(config)), layers_(std::make_unique<Layers>(config_, ParameterPath(source, parameters_))) {
  if (layers_->conv_in.weight.is_cuda()) graphs_ = std::make_unique<UNetGraphs>();
}
UNet::~UNet() = default;
UNet::UNet(UNet&&) noexcept = default;

void UNet::check(const Input& input) const {
  const at::Tensor& x = input.sample;
  const auto is = [&](const at::Tensor& t, std::int64_t dims) {
    return t.defined() && t.dim() == dims && t.size(0) == x.size(0);
  };
  expect(x.defined() && x.dim() == 4 && x.size(1) == config_.in_channels && x.numel() > 0, "sample",
         "(B, " + std::to_string(config_.in_channels) + ", h, w)", x);
  expect(is(input.timesteps, 1), "timesteps", "one for each row", input.timesteps);
  expect(is(input.encoder_hidden_states, 3) && input.encoder_hidden_states.size(2) == config_.cross_attention_dim,
         "encoder_hidden_states", "(B, tokens, " + std::to_string(config_.cross_attention_dim) + ")",
         input.encoder_hidden_states);
  if (!input.edits.empty() && static_cast<std::int64_t>(input.edits.size()) != x.size(0))
    throw std::invalid_argument("unet: " + std::to_string(input.edits.size()) + " edits for " +
                                std::to_string(x.size(0)) + " pictures");
  if (!config_.text_time) return;
  expect(is(input.text_embeds, 2), "text_embeds", "(B, width)", input.text_embeds);
  const std::int64_t ids = config_.time_ids(input.text_embeds.size(1));
  expect(is(input.time_ids, 2) && input.time_ids.size(1) == ids, "time_ids", "(B, " + std::to_string(ids) + ")",
         input.time_ids);
}

at::Tensor UNet::time(const Input& input) const {
  const auto sinusoids = [&](const at::Tensor& x, std::int64_t width) {
    return timestep_embedding(x, width, config_.flip_sin_to_cos, config_.freq_shift).to(input.sample.scalar_type());
  };
  at::Tensor time = layers_->time_embedding(sinusoids(input.timesteps, config_.down.front().channels));
  if (config_.text_time) {
    const at::Tensor ids = sinusoids(input.time_ids.flatten(), config_.addition_time_embed_dim);
    time = time + (*layers_->add_embedding)(at::cat({input.text_embeds, ids.reshape({input.time_ids.size(0), -1})}, 1));
  }
  return at::silu(time);  // every resnet begins with it
}

at::Tensor UNet::operator()(const Input& input) const {
  check(input);
  std::vector<at::Tensor> differentiable{input.sample, layers_->conv_in.weight, input.encoder_hidden_states,
                                         input.residuals.mid};
  differentiable.insert(differentiable.end(), input.residuals.down.begin(), input.residuals.down.end());
  const auto requires_grad = [](const at::Tensor& t) { return t.defined() && t.requires_grad(); };
  const bool grad = c10::GradMode::is_enabled() && std::ranges::any_of(differentiable, requires_grad);
  if (!graphs_ || !input.edits.empty() || grad) return forward(input);
  return (*graphs_)(input, [this](const Input& one) { return forward(one); });
}

at::Tensor UNet::forward(const Input& input) const {
  const at::Tensor t = time(input);
  const AttentionContext context{input.encoder_hidden_states, input.edits};
  at::Tensor x = layers_->conv_in(laid_out(input.sample));
  std::vector<at::Tensor> skips{x};
  for (const Down& block : layers_->down) x = block(x, t, context, skips);
  const std::vector<at::Tensor>& down = input.residuals.down;
  if (!down.empty() && down.size() != skips.size())
    throw std::invalid_argument("unet: " + std::to_string(down.size()) + " residuals for " +
                                std::to_string(skips.size()) + " skip connections");
  for (std::size_t i = 0; i < down.size(); ++i) skips[i] = added(skips[i], down[i]);
  if (layers_->middle) x = (*layers_->middle)(x, t, context);
  if (input.residuals.mid.defined()) x = added(x, input.residuals.mid);
  for (const Up& block : layers_->up) x = block(x, t, context, skips);
  return layers_->conv_out(normed_silu(layers_->conv_norm_out, x)).contiguous();
}

}  // namespace models
