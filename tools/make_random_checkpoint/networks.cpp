// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>

#include "models/files/model_files.h"
#include "models/files/model_files_known.h"
#include "models/files/weight_shapes.h"
#include "models/networks/autoencoder.h"
#include "models/networks/unet.h"
#include "models/text/clip.h"
#include "models/text/tokenizer.h"
#include "tools/make_random_checkpoint/checkpoint.h"

namespace make_random_checkpoint {
namespace {

using nlohmann::json;

/// What a tiny SDXL has otherwise.
const std::map<std::string, json>& mini() {
  static const std::map<std::string, json> changes{{"unet",
                                                    {{"block_out_channels", {16, 32, 48}},
                                                     {"norm_num_groups", 8},
                                                     {"attention_head_dim", {2, 2, 3}},
                                                     {"cross_attention_dim", 40},
                                                     {"transformer_layers_per_block", {1, 1, 2}},
                                                     {"addition_time_embed_dim", 8},
                                                     {"projection_class_embeddings_input_dim", 72},
                                                     {"sample_size", 16}}},
                                                   {"vae",
                                                    {{"block_out_channels", {8, 16, 16, 16}},
                                                     {"norm_num_groups", 4},
                                                     {"layers_per_block", 1},
                                                     {"sample_size", 128}}},
                                                   {"text_encoder",
                                                    {{"hidden_size", 16},
                                                     {"intermediate_size", 64},
                                                     {"num_attention_heads", 2},
                                                     {"num_hidden_layers", 2},
                                                     {"projection_dim", 16}}},
                                                   {"text_encoder_2",
                                                    {{"hidden_size", 24},
                                                     {"intermediate_size", 96},
                                                     {"num_attention_heads", 2},
                                                     {"num_hidden_layers", 2},
                                                     {"projection_dim", 24}}}};
  return changes;
}

/// Has the network ask `source` for its parameters.
void build(const std::string& part, tensors::ConfigReader config, models::ParameterSource& source) {
  if (part == "unet") models::UNet(models::UNetConfig::read(std::move(config)), source);
  else if (part == "vae") models::make_autoencoder(std::move(config), source);
  else models::ClipTextModel(models::ClipTextConfig::read(std::move(config)), source);
}

at::Tensor random_parameter(const std::string& name, at::IntArrayRef shape, at::Generator& generator) {
  const bool weight = name.ends_with("weight");
  if (shape.size() < 2) return at::full(shape, weight ? 1 : 0, at::kHalf);
  const bool table = name.find("embeddings.") != std::string::npos;
  const double fan_in = static_cast<double>(c10::multiply_integers(shape.slice(1)));
  return at::randn(shape, generator, at::kFloat).mul_(table ? 0.02 : 1 / std::sqrt(fan_in)).to(at::kHalf);
}

}  // namespace

json config_of(const std::string& part, const std::string& shape) {
  const auto& networks = models::known_checkpoints().front().networks;  // of SDXL base
  json config = json::parse(std::ranges::find(networks, part, &models::KnownNetwork::part)->config);
  if (shape == "mini") config.update(mini().at(part));
  return config;
}

std::filesystem::path weights_of(const std::filesystem::path& folder, const std::string& part) {
  return folder / part /
         (part.starts_with("text_encoder") ? "model.safetensors" : "diffusion_pytorch_model.safetensors");
}

void write_network(const std::filesystem::path& folder, const std::string& part, const json& config,
                   std::uint64_t seed) {
  write_json(folder / part / "config.json", config);
  models::WeightShapes shapes;
  build(part, tensors::ConfigReader::parse(config.dump(), part), shapes);
  std::vector<tensors::SafetensorsWriter::Slot> slots;
  for (const auto& [name, shape] : shapes.table()) slots.push_back({name, at::kHalf, shape});
  tensors::SafetensorsWriter writer(weights_of(folder, part), slots, {{"format", "pt"}});
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  for (const auto& [name, shape] : shapes.table()) writer.write(name, random_parameter(name, shape, generator));
  writer.finish();
}

void check(const std::filesystem::path& folder) {
  const auto model = models::open_model_folder(folder);
  for (const char* part : {"unet", "vae", "text_encoder", "text_encoder_2"}) {
    const models::NetworkFiles files = model->network(part);
    models::WeightFiles weights = files.open({.dtype = at::kHalf});  // as stored: nothing is copied
    build(part, files.config(), weights);
    weights.finish();
  }
  for (const char* part : {"tokenizer", "tokenizer_2"}) models::Tokenizer::load(model->tokenizer(part).folder);
}

}  // namespace make_random_checkpoint
