// SPDX-License-Identifier: MIT
#include "models/model.h"

#include <set>

#include "models/files/lora.h"
#include "tensors/device.h"

namespace models {

struct Model::Loras {
  std::vector<Lora> files;
  std::vector<double> scales;
};

namespace {

/// A network's parameters: its files, with the LoRAs over them, one over the other.
class FusedWeights {
 public:
  FusedWeights(WeightFiles files, const std::vector<Lora>& loras, const std::vector<double>& scales,
               const std::string& network, std::int64_t layers_per_block = 2)
      : files_(std::move(files)) {
    for (std::size_t i = 0; i < loras.size(); ++i)
      fused_.push_back(std::make_unique<LoraSource>(top(), loras[i], network, scales[i], layers_per_block));
  }

  ParameterSource& top() {
    if (fused_.empty()) return files_;
    return *fused_.back();
  }
  /// Throws when something was left over.
  void finish() const {
    files_.finish();
    for (const auto& source : fused_) source->finish();
  }

 private:
  WeightFiles files_;
  std::vector<std::unique_ptr<LoraSource>> fused_;
};

std::vector<Lora> read_loras(const ModelFiles& files, const std::vector<LoraChoice>& choices) {
  std::set<std::string> networks;
  for (const char* part : {"unet", "text_encoder", "text_encoder_2"}) {
    if (files.has(part)) networks.insert(part);
  }
  std::vector<Lora> loras;
  for (const LoraChoice& choice : choices) loras.push_back(Lora::read(choice.file, networks));
  return loras;
}

std::vector<double> scales_of(const std::vector<LoraChoice>& choices) {
  std::vector<double> scales;
  for (const LoraChoice& choice : choices) scales.push_back(choice.scale);
  return scales;
}

}  // namespace

Model::Model(const std::string& model, ModelOptions options)
    : options_(std::move(options)),
      files_(find_model(model, options_.places)),
      loras_(std::make_unique<Loras>(Loras{read_loras(*files_, options_.loras), scales_of(options_.loras)})) {}
Model::~Model() = default;

WeightOptions Model::weight_options() const {
  return {options_.device, options_.dtype ? *options_.dtype : files_->network("unet").open({}).stored_dtype()};
}

WeightFiles Model::open(const NetworkFiles& files) const {
  return files.open(weight_options());
}

NetworkFiles Model::vae_files() const {
  if (options_.vae.empty()) return files_->network("vae");
  return find_autoencoder(options_.vae, options_.places, [this] { return files_->pipeline(); });
}

std::unique_ptr<const UNet> Model::load_unet() const {
  const NetworkFiles files = files_->network("unet");
  UNetConfig config = UNetConfig::read(files.config());
  const std::int64_t layers = config.down.front().layers;
  FusedWeights weights(open(files), loras_->files, loras_->scales, "unet", layers);
  auto unet = std::make_unique<const UNet>(std::move(config), weights.top());
  weights.finish();
  tensors::finish(options_.device);
  return unet;
}

std::unique_ptr<const Autoencoder> Model::load_vae() const {
  return load_autoencoder(vae_files(), weight_options());
}

std::unique_ptr<const PromptEncoder> Model::load_text() const {
  PromptEncoder text({load_encoder("text_encoder", "tokenizer"), load_encoder("text_encoder_2", "tokenizer_2"),
                      files_->force_zeros_for_empty_prompt()});
  if (!options_.embedding.empty())
    text = text.with(read_textual_inversion(options_.embedding, options_.embedding_tokens));
  return std::make_unique<const PromptEncoder>(std::move(text));
}

/// Nothing where the model has no such part.
std::optional<TextEncoder> Model::load_encoder(const char* part, const char* tokenizer) const {
  if (!files_->has(part)) return std::nullopt;
  const TokenizerFolder words = files_->tokenizer(tokenizer);
  const NetworkFiles files = files_->network(part);
  FusedWeights weights(open(files), loras_->files, loras_->scales, part);
  auto model = std::make_shared<ClipTextModel>(ClipTextConfig::read(files.config()), weights.top());
  weights.finish();
  tensors::finish(options_.device);
  return TextEncoder{Tokenizer::load(words.folder, words.pad_token, model->config().max_position_embeddings),
                     std::move(model)};
}

std::int64_t Model::unet_bytes() const {
  return open(files_->network("unet")).bytes();
}

std::int64_t Model::vae_bytes() const {
  return autoencoder_bytes(vae_files(), weight_options());
}

std::int64_t Model::text_bytes() const {
  std::int64_t bytes = 0;
  for (const char* part : {"text_encoder", "text_encoder_2"}) {
    if (files_->has(part)) bytes += open(files_->network(part)).bytes();
  }
  return bytes;
}

namespace {

WeightFiles open_autoencoder(const NetworkFiles& files, WeightOptions options) {
  if (options.dtype == at::kHalf && forces_upcast(files.config())) options.dtype = at::kFloat;
  return files.open(options);
}

}  // namespace

std::unique_ptr<const Autoencoder> load_autoencoder(const NetworkFiles& files, WeightOptions options) {
  WeightFiles weights = open_autoencoder(files, options);
  auto vae = make_autoencoder(files.config(), weights);
  weights.finish();
  tensors::finish(options.device);
  return vae;
}

std::int64_t autoencoder_bytes(const NetworkFiles& files, WeightOptions options) {
  return open_autoencoder(files, options).bytes();
}

}  // namespace models
