// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "models/networks/layers.h"
#include "models/text/clip_config.h"

namespace models {

/// transformers' CLIPTextModel and, where the config has a projection, CLIPTextModelWithProjection: reads a text's ids.
/// Without a mask of the caller's, padding is read like text, as diffusers does. Immutable, safe to call from
/// several threads, differentiable in the parameters and in added embeddings.
/// Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision".
class ClipTextModel {
 public:
  /// Throws what the source throws for a missing or misshapen tensor.
  ClipTextModel(ClipTextConfig config, ParameterSource& source);
  ~ClipTextModel();
  ClipTextModel(ClipTextModel&&) noexcept;

  /// What to compute: no layer runs that nobody asked for.
  struct Wanted {
    /// 0: the embeddings; i: after i layers; −1: after the last, −2: after the last but one …, as in transformers. None
    /// has the final norm.
    std::vector<std::int64_t> hidden_states{};
    bool last_hidden_state = false;  ///< after the last layer and the final norm
    bool pooled = false;
  };
  struct Output {
    std::vector<at::Tensor> hidden_states{};  ///< (B, n, hidden_size) each, in the order wanted
    at::Tensor last_hidden_state{};           ///< (B, n, hidden_size)
    at::Tensor pooled{};       ///< (B, hidden_size): the final norm where the text ends; transformers' pooler_output
    at::Tensor text_embeds{};  ///< (B, projection_dim): pooled and projected, where the config has a projection
  };
  /// `ids`: (B, n) int64, n ≤ max_position_embeddings. Ids from vocab_size on are the rows of `added`, (k, hidden_size)
  /// of the parameters' dtype: tokens of textual inversion. Throws std::invalid_argument for other shapes, for ids that
  /// have no row, and for layers that are not there.
  ///
  /// `is_read`: (B, n) bool: whether what comes later may look at a place (transformers' attention_mask); undefined: at
  /// all. The first place of each row is always read.
  Output operator()(const at::Tensor& ids, const Wanted& wanted, const at::Tensor& added = {},
                    const at::Tensor& is_read = {}) const;

  /// What last_hidden_state has over hidden_states[−1]; Stable Diffusion 1.x applies it to earlier layers, too.
  at::Tensor final_norm(const at::Tensor& hidden) const;

  const ClipTextConfig& config() const { return config_; }
  const ParameterTable& parameters() const { return parameters_; }

 private:
  struct Layers;
  std::int64_t layer_index(std::int64_t wanted) const;
  at::Tensor embed(const at::Tensor& ids, const at::Tensor& added) const;
  at::Tensor pool(const at::Tensor& ids, const at::Tensor& hidden) const;

  ClipTextConfig config_;
  ParameterTable parameters_;
  std::unique_ptr<const Layers> layers_;
};

}  // namespace models
