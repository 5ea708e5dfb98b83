// SPDX-License-Identifier: MIT
#include "models/files/file_kinds.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "tensors/npz.h"

namespace models {
namespace {

using tensors::FileError;

/// What some tensor's name has in it (with ^: begins with), and what the file seems to be then; the first that fits
/// counts.
constexpr auto kKinds = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"^lora_controlnet", "a Control-LoRA, which is not supported"},
    {"lora_", "a LoRA: give it as lora, and a checkpoint as the model"},
    {".hada_", "a LoHa, which is not supported: LoRA and LoCon are, as lora beside a model"},
    {".lokr_", "a LoKr, which is not supported: LoRA and LoCon are, as lora beside a model"},
    {".on_input", "an (IA)³: give it as lora, and a checkpoint as the model"},
    {"^control_model.", "a ControlNet: give it as controlnet (configs/control.yaml), and a checkpoint as the model"},
    {"^zero_convs.", "a ControlNet: give it as controlnet (configs/control.yaml), and a checkpoint as the model"},
    {"input_hint_block.", "a ControlNet: give it as controlnet (configs/control.yaml), and a checkpoint as the model"},
    {"controlnet_", "a ControlNet: give it as controlnet (configs/control.yaml), and a checkpoint as the model"},
    {"adapter.body.", "a T2I-Adapter, which is not supported"},
    {"ip_adapter.", "an IP-Adapter, which is not supported"},
    {"image_proj.", "an IP-Adapter, which is not supported"},
    {"motion_modules.", "a motion module of AnimateDiff, which is not supported"},
    {"double_blocks.", "a Flux, which is not supported: Stable Diffusion 1.x, 2.x and XL are"},
    {"single_transformer_blocks.", "a Flux, which is not supported: Stable Diffusion 1.x, 2.x and XL are"},
    {"joint_blocks.", "a Stable Diffusion 3, which is not supported: Stable Diffusion 1.x, 2.x and XL are"},
    {".attn.add_q_proj",
     "a Stable Diffusion 3 or a Flux, which are not supported: Stable Diffusion 1.x, 2.x and XL are"},
    {"adaln_single.", "a PixArt, which is not supported: Stable Diffusion 1.x, 2.x and XL are"},
    {"^input_blocks.0.0.weight",
     "a UNet alone, in the original layout: give the whole checkpoint, with text encoders and autoencoder"},
    {"^diffusion_model.input_blocks.",
     "a UNet alone, in the original layout: give the whole checkpoint, with text encoders and autoencoder"},
    {"^time_embedding.",
     "the UNet of a model in diffusers' layout: give the folder that has its model_index.json (the UNet is "
     "unet/diffusion_pytorch_model.safetensors in it)"},
    {"^decoder.up.", "an autoencoder (VAE) alone: give it as vae, and a checkpoint as the model"},
    {"^decoder.up_blocks.", "an autoencoder (VAE) alone: give it as vae, and a checkpoint as the model"},
    {"^decoder.layers.", "a tiny autoencoder (TAESD) alone: give it as vae, and a checkpoint as the model"},
    {"^first_stage_model.", "an autoencoder (VAE) alone: give it as vae, and a checkpoint as the model"},
    {"^down_blocks.", "a part of a model in diffusers' layout: give the folder that has its model_index.json"},
    {"text_model.encoder",
     "a text encoder alone: give the whole model, a folder with a model_index.json or a checkpoint"},
    {"transformer.resblocks.",
     "a text encoder alone: give the whole model, a folder with a model_index.json or a checkpoint"},
    {"^encoder.block.", "a T5 text encoder, which is not supported"},
    {"^emb_params", "a textual inversion: give it as embedding of text-encode, and a checkpoint as the model"},
    {"^clip_g", "a textual inversion: give it as embedding of text-encode, and a checkpoint as the model"},
    {"^clip_l", "a textual inversion: give it as embedding of text-encode, and a checkpoint as the model"},
    {"^text_encoders_", "a textual inversion: give it as embedding of text-encode, and a checkpoint as the model"},
    {"^conv_first.", "a network that enlarges pictures (ESRGAN), which is not supported"},
});

bool fits(const std::string& name, std::string_view what) {
  return what.starts_with('^') ? name.starts_with(what.substr(1)) : name.find(what) != std::string::npos;
}

}  // namespace

std::string seems_to_be(const tensors::SafetensorsFile& file) {
  for (const auto& kind : kKinds) {
    if (std::ranges::any_of(file.entries(), [&](const auto& entry) { return fits(entry.name, kind.first); }))
      return "it seems to be " + std::string(kind.second);
  }
  return "";
}

void refuse_other_formats(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".ckpt" || extension == ".bin" || extension == ".pt" || extension == ".pth")
    throw FileError(file.string() +
                    ": is a pickle, which can run any code and is never read: convert it to .safetensors");
  if (extension == ".gguf")
    throw FileError(file.string() +
                    ": is a GGUF file: its weights are quantised, which is not supported; give the .safetensors that "
                    "it was made of");
}

}  // namespace models
