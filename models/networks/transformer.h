// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/networks/layers.h"

/// The attention blocks of the UNet. Tokens are (B, n, channels), one for each cell of a feature map, row by row.
namespace models {

/// Changes the logits of one picture's cross-attention before their softmax: (1, heads, h·w, m) f32 and the height and
/// width of the feature map → the same shape. For systems that pull words to places; it may look at the logits
/// themselves.
using LogitEdit = std::function<at::Tensor(const at::Tensor& logits, std::int64_t height, std::int64_t width)>;

/// What a transformer attends to beside its own tokens.
struct AttentionContext {
  at::Tensor tokens;                          ///< (B, m, cross_attention_dim)
  std::span<const LogitEdit* const> edits{};  ///< one for each picture of the batch, null: as it is; or none at all
  /// (B, 1, 1) bool: pictures whose tokens attend to themselves alone in self-attention; undefined: none.
  at::Tensor perturbed{};
  /// Where they do: in these transformers, and in those whose names go on behind one of these and a point.
  std::span<const std::string> perturbed_layers{};
};

/// Whether a layer's name is one of these, or begins with one and a point.
bool is_one_of_layers(const std::string& name, std::span<const std::string> layers);

/// Multi-head attention with its projections.
struct Attention {
  struct Sizes {
    std::int64_t channels;
    std::int64_t context;  ///< width of what keys and values are made of
    std::int64_t heads;
    bool upcast;  ///< logits and softmax in float32
  };
  Attention(const ParameterPath& path, const Sizes& sizes);
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& context) const;
  /// With the logits of those pictures edited that have an edit; height·width is the number of x's tokens.
  at::Tensor edited(const at::Tensor& x, const AttentionContext& context, std::int64_t height,
                    std::int64_t width) const;

  /// Where each token attends to itself alone.
  at::Tensor identity(const at::Tensor& x) const { return to_out(to_v(x)); }

  std::int64_t heads;
  bool upcast;
  Linear to_q, to_k, to_v, to_out;
};

/// (a, b) = proj(x); a · gelu(b), then a projection back. Source: Shazeer 2020, GEGLU.
struct FeedForward {
  FeedForward(const ParameterPath& path, std::int64_t channels);
  at::Tensor operator()(const at::Tensor& x) const;

  Linear proj, out;
};

/// Self-attention, cross-attention and feed-forward, each as x + f(norm(x)).
struct TransformerBlock {
  TransformerBlock(const ParameterPath& path, const Attention::Sizes& sizes);
  /// Of x + y (undefined: x), as (x', y') with x' + y' the result: who comes next adds and norms at once.
  std::pair<at::Tensor, at::Tensor> operator()(at::Tensor x, const at::Tensor& y, const AttentionContext& context,
                                               std::int64_t height, std::int64_t width) const;

  LayerNorm norm1;
  Attention attn1;
  LayerNorm norm2;
  Attention attn2;
  LayerNorm norm3;
  FeedForward ff;
};

/// diffusers' Transformer2DModel: a feature map's cells as tokens, through some blocks, added to the map.
struct Transformer2D {
  struct Sizes {
    Attention::Sizes attention;
    std::int64_t blocks;
    std::int64_t groups;
    bool linear_projection;
  };
  Transformer2D(const ParameterPath& path, const Sizes& sizes);
  at::Tensor operator()(const at::Tensor& x, const AttentionContext& context) const;

  std::string name;  ///< "mid_block.attentions.0"
  GroupNorm norm;
  std::optional<Linear> proj_in, proj_out;  ///< SDXL, SD 2.x
  std::optional<Conv2d> conv_in, conv_out;  ///< SD 1.x: 1×1 convolutions of the same names
  std::vector<TransformerBlock> transformer_blocks;
};

}  // namespace models
