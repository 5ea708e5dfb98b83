// SPDX-License-Identifier: MIT
#include "models/networks/unet_config.h"

#include <algorithm>

namespace models {
namespace {

using Strings = std::vector<std::string>;

/// Settings of diffusers' classes that no Stable Diffusion checkpoint uses, by the only value that is built: those that
/// a ControlNet has, too.
void refuse_in_encoder(tensors::ConfigReader& config) {
  config.only<std::int64_t>("downsample_padding", 1);
  config.only<double>("mid_block_scale_factor", 1);
  config.only<std::string>("resnet_time_scale_shift", "default");
  for (const char* key : {"class_embed_type", "num_class_embeds", "encoder_hid_dim", "encoder_hid_dim_type"})
    config.only_null(key);
  const auto act = config.get<std::string>("act_fn", "silu");
  if (act != "silu" && act != "swish") config.fail("act_fn", "\"" + act + "\" is not supported, only \"silu\"");
  config.ignore({"addition_embed_type_num_heads"});  // of an embedding type that is refused
}

void refuse_the_rest(tensors::ConfigReader& config) {
  config.only<bool>("center_input_sample", false);
  config.only<bool>("dual_cross_attention", false);
  config.only<bool>("class_embeddings_concat", false);
  config.only<bool>("resnet_skip_time_act", false);
  config.only<double>("resnet_out_scale_factor", 1);
  config.only<std::int64_t>("conv_in_kernel", 3);
  config.only<std::int64_t>("conv_out_kernel", 3);
  config.only<std::string>("time_embedding_type", "positional");
  config.only<std::string>("attention_type", "default");
  for (const char* key : {"time_embedding_dim", "time_embedding_act_fn", "timestep_post_act", "cross_attention_norm",
                          "mid_block_only_cross_attention"}) {
    config.only_null(key);
  }
  config.ignore({"dropout"});  // for training
}

bool has_attention(tensors::ConfigReader& config, const std::string& key, const std::string& type,
                   const std::string& way) {
  if (type == "CrossAttn" + way + "Block2D") return true;
  if (type == way + "Block2D") return false;
  config.fail(key,
              "\"" + type + "\" is not supported, only \"" + way + "Block2D\" and \"CrossAttn" + way + "Block2D\"");
}

UNetConfig::Middle middle_of(tensors::ConfigReader& config) {
  if (config.is_null("mid_block_type")) return UNetConfig::Middle::kNone;
  const auto type = config.get<std::string>("mid_block_type", "UNetMidBlock2DCrossAttn");
  if (type == "UNetMidBlock2DCrossAttn") return UNetConfig::Middle::kCrossAttention;
  if (type == "UNetMidBlock2D") return UNetConfig::Middle::kResnet;
  config.fail("mid_block_type",
              "\"" + type + "\" is not supported, only \"UNetMidBlock2DCrossAttn\", \"UNetMidBlock2D\"");
}

/// Of the way down, and with `whole` of the way up.
void read_blocks(tensors::ConfigReader& config, UNetConfig& unet, bool whole) {
  const auto down = config.get<Strings>("down_block_types");
  const auto up = whole ? config.get<Strings>("up_block_types") : Strings();
  const auto channels = config.get<std::vector<std::int64_t>>("block_out_channels");
  const std::size_t n = channels.size();
  if (n == 0 || down.size() != n || (whole && up.size() != n))
    config.fail("block_out_channels", std::string(whole ? "down_block_types, up_block_types" : "down_block_types") +
                                          " and block_out_channels must be equally many");
  if (config.per_block<bool>("only_cross_attention", n, false) != std::vector<bool>(n, false))
    config.fail("only_cross_attention", "true is not supported, only false");
  const auto layers = config.per_block<std::int64_t>("layers_per_block", n, 2);
  const auto depths = config.per_layer("transformer_layers_per_block", n, 1);
  auto up_depths = depths;
  std::ranges::reverse(up_depths);
  if (whole && config.has("reverse_transformer_layers_per_block"))
    up_depths = config.per_layer("reverse_transformer_layers_per_block", n, 1);
  // diffusers' name is a misnomer kept for its files: these are numbers of heads.
  auto heads = config.per_block<std::int64_t>("attention_head_dim", n, 8);
  if (config.has("num_attention_heads")) heads = config.per_block<std::int64_t>("num_attention_heads", n, 8);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t j = n - 1 - i;
    unet.down.push_back(
        {has_attention(config, "down_block_types", down[i], "Down"), channels[i], heads[i], depths[i], layers[i]});
    if (whole)
      unet.up.push_back(
          {has_attention(config, "up_block_types", up[i], "Up"), channels[j], heads[j], up_depths[i], layers[j]});
    config.check_size("block_out_channels", channels[i]);
    config.check_size("attention_head_dim", heads[i]);
    config.check_size("layers_per_block", layers[i]);
    if (channels[i] % heads[i] != 0 || channels[i] % unet.norm_groups != 0)
      config.fail("block_out_channels", std::to_string(channels[i]) + " is not a multiple of " +
                                            std::to_string(heads[i]) + " heads and " +
                                            std::to_string(unet.norm_groups) + " groups");
  }
  if (depths.back().empty()) config.fail("transformer_layers_per_block", "a block has no depths");
  unet.middle_transformer_layers = {depths.back().front()};
}

void check_depths(const tensors::ConfigReader& config, const std::vector<UNetConfig::Block>& blocks,
                  std::int64_t more) {
  for (const UNetConfig::Block& block : blocks) {
    const auto count = static_cast<std::int64_t>(block.transformer_layers.size());
    for (const std::int64_t depth : block.transformer_layers)
      if (depth != 0) config.check_size("transformer_layers_per_block", depth);  // 0: a block without attention
    if (count != 1 && count != block.layers + more)
      config.fail("transformer_layers_per_block", "a block of " + std::to_string(block.layers + more) + " layers has " +
                                                      std::to_string(count) + " depths");
  }
}

void read_addition(tensors::ConfigReader& config, UNetConfig& unet) {
  const auto type = config.get<std::string>("addition_embed_type", "");
  unet.text_time = type == "text_time";
  if (!type.empty() && !unet.text_time)
    config.fail("addition_embed_type", "\"" + type + "\" is not supported, only \"text_time\" or null");
  unet.addition_time_embed_dim = config.size("addition_time_embed_dim", 256);
  if (unet.text_time && unet.addition_time_embed_dim < 2) config.fail("addition_time_embed_dim", "expected at least 2");
  const char* width = "projection_class_embeddings_input_dim";
  if (!unet.text_time && !config.has(width)) return;
  unet.additional_width = config.get<std::int64_t>(width);
  config.check_size(width, unet.additional_width);
}

UNetConfig read_part(tensors::ConfigReader& config, bool whole) {
  UNetConfig unet;
  unet.in_channels = config.size("in_channels", 4);
  unet.norm_groups = config.size("norm_num_groups", 32);
  unet.norm_eps = config.get<double>("norm_eps", 1e-5);
  unet.cross_attention_dim = config.size("cross_attention_dim", 1280);
  unet.flip_sin_to_cos = config.get<bool>("flip_sin_to_cos", true);
  unet.freq_shift = config.get<double>("freq_shift", 0);
  unet.linear_projection = config.get<bool>("use_linear_projection", false);
  unet.upcast_attention = config.get<bool>("upcast_attention", false);
  if (config.has("time_cond_proj_dim")) {
    unet.time_cond_proj_dim = config.size("time_cond_proj_dim", 0);
    if (unet.time_cond_proj_dim < 4) config.fail("time_cond_proj_dim", "expected at least 4");
  }
  read_blocks(config, unet, whole);
  check_depths(config, unet.down, 0);
  check_depths(config, unet.up, 1);
  unet.middle = middle_of(config);
  read_addition(config, unet);
  refuse_in_encoder(config);
  return unet;
}

}  // namespace

UNetConfig UNetConfig::read(tensors::ConfigReader config) {
  UNetConfig unet = read_part(config, true);
  unet.out_channels = config.size("out_channels", 4);
  unet.sample_size = config.size("sample_size", 64);
  refuse_the_rest(config);
  config.finish();
  return unet;
}

UNetConfig UNetConfig::read_encoder(tensors::ConfigReader& config) {
  return read_part(config, false);
}

}  // namespace models
