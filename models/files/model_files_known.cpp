// SPDX-License-Identifier: MIT
// The configs that the models' authors publish beside their weights in diffusers' layout, without what changes nothing.
#include "models/files/model_files_known.h"

#include <cstdint>

namespace models {
namespace {

constexpr std::string_view kUnetXl = R"({
  "_class_name": "UNet2DConditionModel", "act_fn": "silu", "in_channels": 4, "out_channels": 4, "sample_size": 128,
  "block_out_channels": [320, 640, 1280], "layers_per_block": 2, "norm_num_groups": 32, "norm_eps": 1e-05,
  "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
  "mid_block_type": "UNetMidBlock2DCrossAttn", "attention_head_dim": [5, 10, 20], "cross_attention_dim": 2048,
  "transformer_layers_per_block": [1, 2, 10], "use_linear_projection": true, "flip_sin_to_cos": true, "freq_shift": 0,
  "addition_embed_type": "text_time", "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816
})";

constexpr std::string_view kUnetRefiner = R"({
  "_class_name": "UNet2DConditionModel", "act_fn": "silu", "in_channels": 4, "out_channels": 4, "sample_size": 128,
  "block_out_channels": [384, 768, 1536, 1536], "layers_per_block": 2, "norm_num_groups": 32, "norm_eps": 1e-05,
  "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
  "mid_block_type": "UNetMidBlock2DCrossAttn", "attention_head_dim": [6, 12, 24, 24], "cross_attention_dim": 1280,
  "transformer_layers_per_block": 4, "use_linear_projection": true, "flip_sin_to_cos": true, "freq_shift": 0,
  "addition_embed_type": "text_time", "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2560
})";

constexpr std::string_view kUnet1 = R"({
  "_class_name": "UNet2DConditionModel", "act_fn": "silu", "in_channels": 4, "out_channels": 4, "sample_size": 64,
  "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2, "norm_num_groups": 32, "norm_eps": 1e-05,
  "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  "mid_block_type": "UNetMidBlock2DCrossAttn", "attention_head_dim": 8, "cross_attention_dim": 768,
  "flip_sin_to_cos": true, "freq_shift": 0
})";

constexpr std::string_view kUnet2 = R"({
  "_class_name": "UNet2DConditionModel", "act_fn": "silu", "in_channels": 4, "out_channels": 4, "sample_size": 96,
  "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2, "norm_num_groups": 32, "norm_eps": 1e-05,
  "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  "mid_block_type": "UNetMidBlock2DCrossAttn", "attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024,
  "use_linear_projection": true, "upcast_attention": true, "flip_sin_to_cos": true, "freq_shift": 0
})";

constexpr std::string_view kVaeXl = R"({
  "_class_name": "AutoencoderKL", "act_fn": "silu", "in_channels": 3, "out_channels": 3, "latent_channels": 4,
  "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "norm_num_groups": 32, "sample_size": 1024,
  "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
  "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
  "scaling_factor": 0.13025, "force_upcast": true
})";

constexpr std::string_view kVaeSd = R"({
  "_class_name": "AutoencoderKL", "act_fn": "silu", "in_channels": 3, "out_channels": 3, "latent_channels": 4,
  "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "norm_num_groups": 32, "sample_size": 512,
  "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
  "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
  "scaling_factor": 0.18215
})";

constexpr std::string_view kClipL = R"({
  "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "vocab_size": 49408, "hidden_size": 768,
  "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12, "max_position_embeddings": 77,
  "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05, "projection_dim": 768, "bos_token_id": 0, "eos_token_id": 2,
  "pad_token_id": 1
})";

constexpr std::string_view kClipBigG = R"({
  "architectures": ["CLIPTextModelWithProjection"], "model_type": "clip_text_model", "vocab_size": 49408,
  "hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 20, "num_hidden_layers": 32,
  "max_position_embeddings": 77, "hidden_act": "gelu", "layer_norm_eps": 1e-05, "projection_dim": 1280,
  "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1
})";

// Without the last of its 24 layers, which Stable Diffusion 2 does not use.
constexpr std::string_view kClipH = R"({
  "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "vocab_size": 49408, "hidden_size": 1024,
  "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 23, "max_position_embeddings": 77,
  "hidden_act": "gelu", "layer_norm_eps": 1e-05, "projection_dim": 512, "bos_token_id": 0, "eos_token_id": 2,
  "pad_token_id": 1
})";

constexpr std::string_view kEulerXl = R"({
  "_class_name": "EulerDiscreteScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
  "num_train_timesteps": 1000, "prediction_type": "epsilon", "timestep_spacing": "leading", "steps_offset": 1,
  "interpolation_type": "linear", "use_karras_sigmas": false, "clip_sample": false, "set_alpha_to_one": false,
  "skip_prk_steps": true
})";

constexpr std::string_view kPndm1 = R"({
  "_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
  "num_train_timesteps": 1000, "prediction_type": "epsilon", "steps_offset": 1, "clip_sample": false,
  "set_alpha_to_one": false, "skip_prk_steps": true
})";

// 2.0 and 2.1 for 768²; the files of 2-base have the same shapes and predict epsilon: model_files_checkpoint.cpp tells.
constexpr std::string_view kDdim2 = R"({
  "_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
  "num_train_timesteps": 1000, "prediction_type": "v_prediction", "steps_offset": 1, "clip_sample": false,
  "set_alpha_to_one": false, "skip_prk_steps": true
})";

constexpr std::string_view kUnetPrefix = "model.diffusion_model.", kVaePrefix = "first_stage_model.";

}  // namespace

const std::vector<KnownCheckpoint>& known_checkpoints() {
  using enum KnownNetwork::Names;
  static const std::vector<KnownCheckpoint> known{
      {"SDXL base",
       "StableDiffusionXLPipeline",
       320,
       2048,
       {{"unet", kUnetPrefix, kUnet, kUnetXl},
        {"vae", kVaePrefix, kVae, kVaeXl},
        {"text_encoder", "conditioner.embedders.0.transformer.", kClip, kClipL},
        {"text_encoder_2", "conditioner.embedders.1.model.", kOpenClip, kClipBigG}},
       kEulerXl,
       true,
       false},
      {"SDXL refiner",
       "StableDiffusionXLImg2ImgPipeline",
       384,
       1280,
       {{"unet", kUnetPrefix, kUnet, kUnetRefiner},
        {"vae", kVaePrefix, kVae, kVaeXl},
        {"text_encoder_2", "conditioner.embedders.0.model.", kOpenClip, kClipBigG}},
       kEulerXl,
       false,
       true},
      {"Stable Diffusion 1",
       "StableDiffusionPipeline",
       320,
       768,
       {{"unet", kUnetPrefix, kUnet, kUnet1},
        {"vae", kVaePrefix, kVae, kVaeSd},
        {"text_encoder", "cond_stage_model.transformer.", kClip, kClipL}},
       kPndm1,
       false,
       false},
      {"Stable Diffusion 2",
       "StableDiffusionPipeline",
       320,
       1024,
       {{"unet", kUnetPrefix, kUnet, kUnet2},
        {"vae", kVaePrefix, kVae, kVaeSd},
        {"text_encoder", "cond_stage_model.model.", kOpenClip, kClipH}},
       kDdim2,
       false,
       false}};
  return known;
}

}  // namespace models
