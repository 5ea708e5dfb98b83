// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/networks/embeddings.h"
#include "models/networks/resnet.h"
#include "models/networks/unet.h"

/// What a UNet and its ControlNets are made of.
namespace models {

/// What the blocks of one network have in common.
struct UNetParts {
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

/// One resolution: resnets, each with a transformer behind it where the block has attention.
struct UNetBlock {
  std::vector<ResnetBlock> resnets;
  std::vector<std::optional<Transformer2D>> attentions;

  void add(const ParameterPath& path, const UNetParts& parts, const UNetConfig::Block& block, std::int64_t in);
  at::Tensor layer(std::size_t i, const at::Tensor& x, const at::Tensor& time, const AttentionContext& context) const {
    const at::Tensor hidden = resnets[i](x, time);
    return attentions[i] ? (*attentions[i])(hidden, context) : hidden;
  }
};

struct UNetDown : UNetBlock {
  UNetDown(const ParameterPath& path, const UNetParts& parts, const UNetConfig::Block& block, std::int64_t in,
           bool last);
  /// Every result is a skip connection.
  at::Tensor operator()(at::Tensor x, const at::Tensor& time, const AttentionContext& context,
                        std::vector<at::Tensor>& skips) const;
  std::optional<Downsample> downsampler;
};

/// resnet, then (transformer, resnet) where the middle has attention.
struct UNetMiddle {
  UNetMiddle(const ParameterPath& path, const UNetParts& parts);
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& time, const AttentionContext& context) const {
    const at::Tensor hidden = resnets[0](x, time);
    return attention ? resnets[1]((*attention)(hidden, context), time) : hidden;
  }
  std::vector<ResnetBlock> resnets;
  std::optional<Transformer2D> attention;
};

/// The way in and down, the middle, and the embedding of time and of what is added to it.
struct UNetEncoder {
  UNetEncoder(const UNetConfig& config, const ParameterPath& path);
  /// Through silu, with which every resnet begins: (B, time_channels).
  at::Tensor time(const UNetConfig& config, const UNet::Input& input) const;
  /// Of conv_in's result: what the coarsest block makes of it; appends the skip connections, of which `x` is the first.
  at::Tensor go_down(at::Tensor x, const at::Tensor& time, const AttentionContext& context,
                     std::vector<at::Tensor>& skips) const;

  Conv2d conv_in;
  TimestepEmbedding time_embedding;
  std::optional<Linear> cond_proj;  ///< of the guidance scale's embedding
  std::optional<TimestepEmbedding> add_embedding;
  std::vector<UNetDown> down;
  std::optional<UNetMiddle> middle;
  std::vector<std::int64_t> skip_channels;  ///< of each skip connection, in the order in which they are made
};

/// Throws std::invalid_argument "WHO: NAME: expected EXPECTED, found …" unless `good`.
void expect_shape(bool good, const std::string& who, const std::string& name, const std::string& expected,
                  const at::Tensor& found);
/// Throws std::invalid_argument, which begins with `who`, when shapes do not go with the config. Residuals are not
/// looked at.
void check_input(const std::string& who, const UNetConfig& config, const UNet::Input& input);

}  // namespace models
