// SPDX-License-Identifier: MIT
#include <fstream>

#include "models/files/controlnet_files.h"
#include "models/files/weights.h"
#include "models/model.h"
#include "models/networks/controlnet.h"
#include "tensors/safetensors.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/denoiser.h"
#include "tools/train_embedded/latents.h"
#include "tools/train_embedded/parameters.h"
#include "tools/train_embedded/scene.h"
#include "tools/train_embedded/stages.h"
#include "tools/train_embedded/vocabulary.h"

namespace train_embedded {
namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

void write_json(const std::filesystem::path& file, const nlohmann::ordered_json& json) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  stream << json.dump(2) << '\n';
  stream.close();
  if (!stream) throw std::runtime_error(file.string() + ": cannot be written");
}

void write_network(const std::filesystem::path& folder, const nlohmann::ordered_json& config, Named weights) {
  write_json(folder / "config.json", config);
  for (auto& [name, tensor] : weights) tensor = tensor.to(at::kHalf).contiguous();
  const bool transformers = config.contains("architectures");
  tensors::write_safetensors(folder / (transformers ? "model.safetensors" : "diffusion_pytorch_model.safetensors"),
                             weights, {{"format", "pt"}});
}

/// As everyone will read it.
void check(const std::filesystem::path& folder) {
  const models::Model model(folder.string(), {.dtype = at::kFloat});
  model.load_unet();
  model.load_vae();
  model.load_text();
}

}  // namespace

void write_model(const Run& run, const std::filesystem::path& folder) {
  Layout layout;
  Denoiser(run.work, layout);
  Parameters parameters(std::move(layout), 0);
  parameters.load(run.work / "denoiser/checkpoint.safetensors");
  const auto merges = learn_merges(caption_words());
  const std::int64_t tokens = write_vocabulary(merges, "<|endoftext|>", folder / "tokenizer");
  write_vocabulary(merges, "!", folder / "tokenizer_2");
  write_json(folder / "model_index.json", model_index());
  write_json(folder / "scheduler/scheduler_config.json", scheduler_config());
  write_network(folder / "vae", autoencoder_config(trained_scaling_factor(run.work)),
                trained_autoencoder(run.work)->parameters());
  write_network(folder / "unet", unet_config(), parameters.mean_of("unet."));
  write_network(folder / "text_encoder", text_encoder_config(tokens, false), parameters.mean_of("text_encoder."));
  write_network(folder / "text_encoder_2", text_encoder_config(tokens, true), parameters.mean_of("text_encoder_2."));
  check(folder);
}

void write_controlnet(const Run& run, const std::filesystem::path& folder) {
  const auto config =
      models::ControlNetConfig::read(tensors::ConfigReader::parse(controlnet_config().dump(), "controlnet"));
  Layout layout;
  models::ControlNet(config, layout);
  Parameters parameters(std::move(layout), 0);
  parameters.load(run.work / "controlnet/checkpoint.safetensors");
  write_network(folder, controlnet_config(), parameters.mean_of(""));
  models::WeightFiles weights = models::find_controlnet(folder.string(), {}).open({.dtype = at::kFloat});
  models::ControlNet(config, weights);
  weights.finish();
}

}  // namespace train_embedded
