// SPDX-License-Identifier: MIT
#include "models/files/original_keys.h"

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace models {
namespace {

/// What a name begins with, here and there.
using Rename = std::pair<std::string_view, std::string_view>;

std::optional<std::string> renamed(std::string_view name, std::span<const Rename> table) {
  for (const auto& [here, there] : table) {
    if (name.starts_with(here)) return std::string(there) += name.substr(here.size());
  }
  return std::nullopt;
}

std::string renamed_or_same(std::string_view name, std::span<const Rename> table) {
  return renamed(name, table).value_or(std::string(name));
}

/// Reads a name from its front: "down_blocks.1.resnets.0.conv1.weight".
class Walk {
 public:
  explicit Walk(std::string_view name) : rest_(name) {}
  bool word(std::string_view word) {
    if (!rest_.starts_with(word) || rest_.size() <= word.size() || rest_[word.size()] != '.') return false;
    rest_.remove_prefix(word.size() + 1);
    return true;
  }
  bool index(std::int64_t& index) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), index);
    if (error != std::errc() || end == rest_.data() + rest_.size() || *end != '.') return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 1);
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

constexpr std::array<Rename, 7> kUnet{{{"conv_in.", "input_blocks.0.0."},
                                       {"conv_norm_out.", "out.0."},
                                       {"conv_out.", "out.2."},
                                       {"time_embedding.linear_1.", "time_embed.0."},
                                       {"time_embedding.linear_2.", "time_embed.2."},
                                       {"add_embedding.linear_1.", "label_emb.0.0."},
                                       {"add_embedding.linear_2.", "label_emb.0.2."}}};

constexpr std::array<Rename, 6> kUnetResnet{{{"norm1.", "in_layers.0."},
                                             {"conv1.", "in_layers.2."},
                                             {"time_emb_proj.", "emb_layers.1."},
                                             {"norm2.", "out_layers.0."},
                                             {"conv2.", "out_layers.3."},
                                             {"conv_shortcut.", "skip_connection."}}};

constexpr std::array<Rename, 3> kUnetMiddle{{{"resnets.0.", "0."}, {"attentions.0.", "1."}, {"resnets.1.", "2."}}};

constexpr std::array<Rename, 1> kVaeResnet{{{"conv_shortcut.", "nin_shortcut."}}};

constexpr std::array<Rename, 5> kVaeAttention{
    {{"group_norm.", "norm."}, {"to_q.", "q."}, {"to_k.", "k."}, {"to_v.", "v."}, {"to_out.0.", "proj_out."}}};

constexpr std::array<Rename, 4> kOldVaeAttention{
    {{"to_q.", "query."}, {"to_k.", "key."}, {"to_v.", "value."}, {"to_out.0.", "proj_attn."}}};

constexpr std::array<Rename, 3> kOpenClip{{{"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
                                           {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
                                           {"text_model.final_layer_norm.", "ln_final."}}};

constexpr std::array<Rename, 5> kOpenClipLayer{{{"layer_norm1.", "ln_1."},
                                                {"layer_norm2.", "ln_2."},
                                                {"mlp.fc1.", "mlp.c_fc."},
                                                {"mlp.fc2.", "mlp.c_proj."},
                                                {"self_attn.out_proj.", "attn.out_proj."}}};

constexpr std::array<Rename, 6> kOpenClipHeads{{{"self_attn.q_proj.weight", "attn.in_proj_weight"},
                                                {"self_attn.k_proj.weight", "attn.in_proj_weight"},
                                                {"self_attn.v_proj.weight", "attn.in_proj_weight"},
                                                {"self_attn.q_proj.bias", "attn.in_proj_bias"},
                                                {"self_attn.k_proj.bias", "attn.in_proj_bias"},
                                                {"self_attn.v_proj.bias", "attn.in_proj_bias"}}};

/// What is left of a name once `blocks`' index there is known.
Origins unet_block(Walk walk, const std::string& blocks, std::int64_t first, std::int64_t layers) {
  std::int64_t j = 0;
  const auto block = [&](std::int64_t index) { return blocks + "." + std::to_string(first + index) + "."; };
  if (walk.word("resnets") && walk.index(j)) return {{block(j) + "0." + renamed_or_same(walk.rest(), kUnetResnet)}};
  if (walk.word("attentions") && walk.index(j)) return {{block(j) + "1." + std::string(walk.rest())}};
  if (walk.word("downsamplers") && walk.index(j) && walk.word("conv"))
    return {{block(layers) + "0.op." + std::string(walk.rest())}};
  // Behind the attention, where there is one.
  if (walk.word("upsamplers") && walk.index(j) && walk.word("conv"))
    return {{block(layers) + "2.conv." + std::string(walk.rest())},
            {block(layers) + "1.conv." + std::string(walk.rest())}};
  return {};
}

/// Of "mid_block." in an autoencoder.
Origins vae_middle(Walk walk, const std::string& part) {
  std::int64_t j = 0;
  if (walk.word("resnets") && walk.index(j))
    return {{part + "mid.block_" + std::to_string(j + 1) + "." + renamed_or_same(walk.rest(), kVaeResnet)}};
  if (!walk.word("attentions") || !walk.index(j)) return {};
  const bool matrix = walk.rest().ends_with(".weight") && !walk.rest().starts_with("group_norm.");
  const std::string key = part + "mid.attn_" + std::to_string(j + 1) + ".";
  return {{.key = key + renamed_or_same(walk.rest(), kVaeAttention), .squeezed = matrix}};
}

}  // namespace

Origins same_keys(const std::string& name) {
  return {{name}};
}

Origins original_unet_keys(const std::string& name, std::int64_t layers) {
  if (const auto found = renamed(name, kUnet)) return {{*found}};
  std::int64_t i = 0;
  Walk walk(name);
  if (walk.word("down_blocks") && walk.index(i)) return unet_block(walk, "input_blocks", 1 + i * (layers + 1), layers);
  if (walk.word("up_blocks") && walk.index(i)) return unet_block(walk, "output_blocks", i * (layers + 1), layers);
  if (!walk.word("mid_block")) return {};
  const auto middle = renamed(walk.rest(), kUnetMiddle);
  if (!middle) return {};
  const std::string place = "middle_block." + middle->substr(0, 2);
  const std::string rest = middle->substr(2);
  return {{place + (middle->starts_with("1.") ? rest : renamed_or_same(rest, kUnetResnet))}};
}

Origins original_controlnet_keys(const std::string& name, std::int64_t layers, std::int64_t hint_convolutions) {
  std::int64_t i = 0;
  Walk walk(name);
  const auto rest = [&] { return std::string(walk.rest()); };
  // The hint's convolutions stand with activations between them.
  const auto hint = [&](std::int64_t at) { return "input_hint_block." + std::to_string(2 * at) + "." + rest(); };
  if (walk.word("controlnet_cond_embedding")) {
    if (walk.word("conv_in")) return {{hint(0)}};
    if (walk.word("conv_out")) return {{hint(hint_convolutions - 1)}};
    if (walk.word("blocks") && walk.index(i)) return {{hint(i + 1)}};
    return {};
  }
  if (walk.word("controlnet_down_blocks") && walk.index(i))
    return {{"zero_convs." + std::to_string(i) + ".0." + rest()}};
  if (walk.word("controlnet_mid_block")) return {{"middle_block_out.0." + rest()}};
  return original_unet_keys(name, layers);
}

Origins original_vae_keys(const std::string& name, std::int64_t levels) {
  Walk walk(name);
  const bool encoder = walk.word("encoder");
  if (!encoder && !walk.word("decoder")) return {{name}};  // quant_conv, post_quant_conv
  const std::string part = encoder ? "encoder." : "decoder.";
  std::int64_t i = 0, j = 0;
  if (walk.word("mid_block")) return vae_middle(walk, part);
  if (walk.word("conv_norm_out")) return {{part + "norm_out." + std::string(walk.rest())}};
  if (!walk.word(encoder ? "down_blocks" : "up_blocks") || !walk.index(i)) return {{name}};  // conv_in, conv_out
  const std::string block = part + (encoder ? "down." : "up.") + std::to_string(encoder ? i : levels - 1 - i) + ".";
  if (walk.word("resnets") && walk.index(j))
    return {{block + "block." + std::to_string(j) + "." + renamed_or_same(walk.rest(), kVaeResnet)}};
  if (!walk.word(encoder ? "downsamplers" : "upsamplers") || !walk.index(j)) return {};
  return {{block + (encoder ? "downsample." : "upsample.") + std::string(walk.rest())}};
}

Origins original_clip_keys(const std::string& name) {
  Origins origins{{name}};
  if (name.starts_with("text_model.")) origins.push_back({name.substr(11)});
  return origins;
}

Origins open_clip_keys(const std::string& name) {
  if (name == "text_projection.weight") return {{.key = "text_projection", .transposed = true}, {name}};
  std::int64_t layer = 0;
  Walk walk(name);
  if (!walk.word("text_model")) return {};
  if (!walk.word("encoder") || !walk.word("layers") || !walk.index(layer)) {
    const auto found = renamed(name, kOpenClip);
    return found ? Origins{{*found}} : Origins{};
  }
  const std::string block = "transformer.resblocks." + std::to_string(layer) + ".";
  for (std::size_t i = 0; i < kOpenClipHeads.size(); ++i) {
    if (walk.rest() == kOpenClipHeads[i].first)
      return {{.key = block + std::string(kOpenClipHeads[i].second), .part = static_cast<int>(i % 3), .parts = 3}};
  }
  return {{block + renamed_or_same(walk.rest(), kOpenClipLayer)}};
}

Origins diffusers_vae_keys(const std::string& name) {
  Origins origins{{name}};
  constexpr std::string_view kPlace = ".attentions.0.";
  const std::size_t place = name.find(kPlace);
  if (place == std::string::npos) return origins;
  const std::size_t rest = place + kPlace.size();
  if (const auto old = renamed(std::string_view(name).substr(rest), kOldVaeAttention))
    origins.push_back({name.substr(0, rest) + *old});
  return origins;
}

}  // namespace models
