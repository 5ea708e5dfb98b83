// SPDX-License-Identifier: MIT
#include "models/text/clip.h"

#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "models/networks/attention.h"

namespace models {
namespace {

// Stable Diffusion's configs name this end token, which none of their tokenizers has; it means "the highest id".
constexpr std::int64_t kLegacyEnd = 2;

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("text encoder: " + what);
}

struct SelfAttention {
  SelfAttention(const ParameterPath& path, const ClipTextConfig& config)
      : q_proj(path / "q_proj", config.hidden_size, config.hidden_size),
        k_proj(path / "k_proj", config.hidden_size, config.hidden_size),
        v_proj(path / "v_proj", config.hidden_size, config.hidden_size),
        out_proj(path / "out_proj", config.hidden_size, config.hidden_size),
        heads(config.num_attention_heads) {}
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& mask) const {
    return out_proj(attention(q_proj(x), k_proj(x), v_proj(x), heads, mask));
  }

  Linear q_proj, k_proj, v_proj, out_proj;
  std::int64_t heads;
};

struct Mlp {
  Mlp(const ParameterPath& path, const ClipTextConfig& config)
      : fc1(path / "fc1", config.hidden_size, config.intermediate_size),
        fc2(path / "fc2", config.intermediate_size, config.hidden_size),
        quick(config.quick_gelu) {}
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor h = fc1(x);
    return fc2(quick ? h * at::sigmoid(h * 1.702) : at::gelu(h));
  }

  Linear fc1, fc2;
  bool quick;
};

struct EncoderLayer {
  EncoderLayer(const ParameterPath& path, const ClipTextConfig& config)
      : self_attn(path / "self_attn", config),
        layer_norm1(path / "layer_norm1", config.hidden_size, config.layer_norm_eps),
        mlp(path / "mlp", config),
        layer_norm2(path / "layer_norm2", config.hidden_size, config.layer_norm_eps) {}
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& mask) const {
    const at::Tensor attended = x + self_attn(layer_norm1(x), mask);
    return attended + mlp(layer_norm2(attended));
  }

  SelfAttention self_attn;
  LayerNorm layer_norm1;
  Mlp mlp;
  LayerNorm layer_norm2;
};

std::vector<EncoderLayer> encoder_layers(const ParameterPath& path, const ClipTextConfig& config) {
  std::vector<EncoderLayer> layers;
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i)
    layers.emplace_back(path / static_cast<std::size_t>(i), config);
  return layers;
}

std::vector<Linear> projections(const ParameterPath& path, const ClipTextConfig& config) {
  if (config.projection_dim == 0) return {};
  return {Linear(path / "text_projection", config.hidden_size, config.projection_dim, false)};
}

std::string text(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

/// (n, n), or with is_read (B, 1, n, n): no token reads what comes after it, nor what is not read.
at::Tensor text_mask(std::int64_t n, const at::TensorOptions& options, const at::Tensor& is_read) {
  const at::Tensor causal = at::full({n, n}, -std::numeric_limits<double>::infinity(), options).triu(1);
  if (!is_read.defined()) return causal;
  return causal.masked_fill(is_read.logical_not().view({-1, 1, 1, n}), -std::numeric_limits<double>::infinity());
}

}  // namespace

struct ClipTextModel::Layers {
  Layers(const ParameterPath& root, const ParameterPath& path, const ClipTextConfig& config)
      : token_embedding(path / "embeddings" / "token_embedding", config.vocab_size, config.hidden_size),
        position_embedding(path / "embeddings" / "position_embedding", config.max_position_embeddings,
                           config.hidden_size),
        encoder(encoder_layers(path / "encoder" / "layers", config)),
        final_layer_norm(path / "final_layer_norm", config.hidden_size, config.layer_norm_eps),
        text_projection(projections(root, config)) {}

  Embedding token_embedding, position_embedding;
  std::vector<EncoderLayer> encoder;
  LayerNorm final_layer_norm;
  std::vector<Linear> text_projection;  ///< one or none
};

ClipTextModel::ClipTextModel(ClipTextConfig config, ParameterSource& source) : config_(config) {
  const ParameterPath root(source, parameters_);
  layers_ = std::make_unique<const Layers>(root, root / "text_model", config_);
}
ClipTextModel::~ClipTextModel() = default;
ClipTextModel::ClipTextModel(ClipTextModel&&) noexcept = default;

std::int64_t ClipTextModel::layer_index(std::int64_t wanted) const {
  const std::int64_t count = config_.num_hidden_layers + 1;
  const std::int64_t index = wanted < 0 ? wanted + count : wanted;
  if (index < 0 || index >= count)
    refuse("there is no hidden state " + std::to_string(wanted) + "; with " +
           std::to_string(config_.num_hidden_layers) + " layers there are " + std::to_string(-count) + " to " +
           std::to_string(count - 1));
  return index;
}

at::Tensor ClipTextModel::embed(const at::Tensor& ids, const at::Tensor& added) const {
  if (ids.dim() != 2 || ids.scalar_type() != at::kLong || ids.numel() == 0 ||
      ids.size(1) > config_.max_position_embeddings)
    refuse("expected ids of shape (B, n) in int64 with n from 1 to " + std::to_string(config_.max_position_embeddings) +
           ", found " + text(ids.sizes()) + " in " + at::toString(ids.scalar_type()));
  const std::int64_t known = config_.vocab_size, more = added.defined() ? added.size(0) : 0;
  if (more > 0 && (added.dim() != 2 || added.size(1) != config_.hidden_size))
    refuse("expected added embeddings of shape (k, " + std::to_string(config_.hidden_size) + "), found " +
           text(added.sizes()));
  const auto lowest = ids.min().item<std::int64_t>(), highest = ids.max().item<std::int64_t>();
  if (lowest < 0 || highest >= known + more)
    refuse("id " + std::to_string(lowest < 0 ? lowest : highest) + " has no embedding: there are " +
           std::to_string(known) + (more > 0 ? " and " + std::to_string(more) + " added" : "") +
           "; tokenizer and text encoder are of different models, or an embedding was not loaded into both");
  if (highest < known) return layers_->token_embedding(ids);
  const at::Tensor rows = at::embedding(added, (ids - known).clamp_min(0));
  return at::where((ids >= known).unsqueeze(-1), rows, layers_->token_embedding(ids.clamp_max(known - 1)));
}

at::Tensor ClipTextModel::pool(const at::Tensor& ids, const at::Tensor& hidden) const {
  const at::Tensor is_end = config_.eos_token_id == kLegacyEnd ? ids : (ids == config_.eos_token_id).to(at::kInt);
  const at::Tensor place = is_end.argmax(-1).view({-1, 1, 1}).expand({-1, 1, hidden.size(2)});
  return final_norm(hidden.gather(1, place).squeeze(1));
}

at::Tensor ClipTextModel::final_norm(const at::Tensor& hidden) const {
  return layers_->final_layer_norm(hidden);
}

ClipTextModel::Output ClipTextModel::operator()(const at::Tensor& ids, const Wanted& wanted, const at::Tensor& added,
                                                const at::Tensor& is_read) const {
  std::vector<std::int64_t> indices;
  for (const std::int64_t index : wanted.hidden_states) indices.push_back(layer_index(index));
  std::int64_t last = wanted.last_hidden_state || wanted.pooled ? config_.num_hidden_layers : 0;
  for (const std::int64_t index : indices) last = std::max(last, index);

  at::Tensor hidden = embed(ids, added);
  hidden = hidden + layers_->position_embedding.weight.narrow(0, 0, ids.size(1));
  if (is_read.defined() && (is_read.sizes() != ids.sizes() || !is_read.select(1, 0).all().item<bool>()))
    refuse("expected is_read of the ids' shape, " + text(ids.sizes()) + ", with the first place of each row read");
  const at::Tensor mask = text_mask(ids.size(1), hidden.options(), is_read);
  Output output;
  output.hidden_states.resize(indices.size());
  for (std::int64_t layer = 0;; ++layer) {
    for (std::size_t i = 0; i < indices.size(); ++i)
      if (indices[i] == layer) output.hidden_states[i] = hidden;
    if (layer == last) break;
    hidden = layers_->encoder[static_cast<std::size_t>(layer)](hidden, mask);
  }
  if (wanted.last_hidden_state) output.last_hidden_state = final_norm(hidden);
  if (wanted.pooled) {
    output.pooled = pool(ids, hidden);
    for (const Linear& projection : layers_->text_projection) output.text_embeds = projection(output.pooled);
  }
  return output;
}

}  // namespace models
