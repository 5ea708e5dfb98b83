// SPDX-License-Identifier: MIT
#include "tools/train_embedded/configs.h"

namespace train_embedded {

using nlohmann::ordered_json;

ordered_json autoencoder_config(double scaling_factor) {
  return {{"_class_name", "AutoencoderKL"},
          {"act_fn", "silu"},
          {"block_out_channels", {16, 16, 48, 64}},
          {"down_block_types", ordered_json(4, "DownEncoderBlock2D")},
          {"force_upcast", false},
          {"in_channels", 3},
          {"latent_channels", 4},
          {"layers_per_block", 1},
          {"mid_block_add_attention", false},
          {"norm_num_groups", 8},
          {"out_channels", 3},
          {"sample_size", kNativeSize},
          {"scaling_factor", scaling_factor},
          {"up_block_types", ordered_json(4, "UpDecoderBlock2D")}};
}

ordered_json unet_config() {
  return {{"_class_name", "UNet2DConditionModel"},
          {"act_fn", "silu"},
          {"addition_embed_type", "text_time"},
          {"addition_time_embed_dim", 16},
          {"attention_head_dim", {2, 3, 4}},
          {"block_out_channels", {48, 96, 112}},
          {"cross_attention_dim", 128},
          {"down_block_types", {"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"}},
          {"flip_sin_to_cos", true},
          {"freq_shift", 0},
          {"in_channels", 4},
          {"layers_per_block", 1},
          {"mid_block_type", "UNetMidBlock2DCrossAttn"},
          {"norm_eps", 1e-5},
          {"norm_num_groups", 16},
          {"out_channels", 4},
          {"projection_class_embeddings_input_dim", 64 + 6 * 16},
          {"sample_size", kNativeSize / kFactor},
          {"transformer_layers_per_block", 1},
          {"up_block_types", {"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"}},
          {"use_linear_projection", true}};
}

ordered_json controlnet_config() {
  ordered_json config = unet_config();
  for (const char* key : {"out_channels", "sample_size", "up_block_types"}) config.erase(key);
  config["_class_name"] = "ControlNetModel";
  config["conditioning_channels"] = 3;
  config["conditioning_embedding_out_channels"] = {16, 32, 64, 96};
  config["controlnet_conditioning_channel_order"] = "rgb";
  config["global_pool_conditions"] = false;
  return config;
}

ordered_json text_encoder_config(std::int64_t vocabulary, bool projected) {
  return {{"architectures", {projected ? "CLIPTextModelWithProjection" : "CLIPTextModel"}},
          {"bos_token_id", vocabulary - 2},
          {"eos_token_id", vocabulary - 1},
          {"hidden_act", projected ? "gelu" : "quick_gelu"},
          {"hidden_size", 64},
          {"intermediate_size", 256},
          {"layer_norm_eps", 1e-5},
          {"max_position_embeddings", kPromptLength},
          {"model_type", "clip_text_model"},
          {"num_attention_heads", 2},
          {"num_hidden_layers", 2},
          {"pad_token_id", projected ? 0 : vocabulary - 1},
          {"projection_dim", 64},
          {"vocab_size", vocabulary}};
}

ordered_json scheduler_config() {
  return {{"_class_name", "EulerDiscreteScheduler"},
          {"beta_end", kBetaEnd},
          {"beta_schedule", "scaled_linear"},
          {"beta_start", kBetaStart},
          {"clip_sample", false},
          {"interpolation_type", "linear"},
          {"num_train_timesteps", kTimesteps},
          {"prediction_type", "v_prediction"},
          {"set_alpha_to_one", false},
          {"skip_prk_steps", true},
          {"steps_offset", 1},
          {"timestep_spacing", "leading"},
          {"use_karras_sigmas", false}};
}

ordered_json model_index() {
  const auto transformers = [](const char* name) { return ordered_json::array({"transformers", name}); };
  const auto diffusers = [](const char* name) { return ordered_json::array({"diffusers", name}); };
  return {{"_class_name", "StableDiffusionXLPipeline"},
          {"force_zeros_for_empty_prompt", false},
          {"scheduler", diffusers("EulerDiscreteScheduler")},
          {"text_encoder", transformers("CLIPTextModel")},
          {"text_encoder_2", transformers("CLIPTextModelWithProjection")},
          {"tokenizer", transformers("CLIPTokenizer")},
          {"tokenizer_2", transformers("CLIPTokenizer")},
          {"unet", diffusers("UNet2DConditionModel")},
          {"vae", diffusers("AutoencoderKL")}};
}

}  // namespace train_embedded
