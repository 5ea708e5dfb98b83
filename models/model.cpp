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

at::ScalarType Model::dtype() const {
  return options_.dtype ? *options_.dtype : files_->network("unet").open({}).stored_dtype();
}

NetworkFiles Model::vae_files() const {
  return options_.vae.empty() ? files_->network("vae") : find_autoencoder(options_.vae, options_.places);
}

const UNet& Model::unet() {
  const std::lock_guard lock(mutex_);
  if (unet_) return *unet_;
  const NetworkFiles files = files_->network("unet");
  UNetConfig config = UNetConfig::read(files.config());
  const std::int64_t layers = config.down.front().layers;
  FusedWeights weights(files.open({options_.device, dtype()}), loras_->files, loras_->scales, "unet", layers);
  UNet unet(std::move(config), weights.top());
  weights.finish();
  tensors::finish(options_.device);
  return unet_.emplace(std::move(unet));
}

const Autoencoder& Model::vae() {
  const std::lock_guard lock(mutex_);
  if (vae_) return *vae_;
  vae_ = load_autoencoder(vae_files(), {options_.device, dtype()});
  return *vae_;
}

std::unique_ptr<Autoencoder> load_autoencoder(const NetworkFiles& files, WeightOptions options) {
  if (options.dtype == at::kHalf && forces_upcast(files.config())) options.dtype = at::kFloat;
  WeightFiles weights = files.open(options);
  auto vae = make_autoencoder(files.config(), weights);
  weights.finish();
  tensors::finish(options.device);
  return vae;
}

const PromptEncoder& Model::text() {
  const std::lock_guard lock(mutex_);
  if (text_) return *text_;
  const auto encoder = [&](const char* part, const char* tokenizer) -> std::optional<TextEncoder> {
    if (!files_->has(part)) return std::nullopt;
    const TokenizerFolder words = files_->tokenizer(tokenizer);
    const NetworkFiles files = files_->network(part);
    FusedWeights weights(files.open({options_.device, dtype()}), loras_->files, loras_->scales, part);
    auto model = std::make_shared<ClipTextModel>(ClipTextConfig::read(files.config()), weights.top());
    weights.finish();
    tensors::finish(options_.device);
    return TextEncoder{Tokenizer::load(words.folder, words.pad_token), std::move(model)};
  };
  PromptEncoder text({encoder("text_encoder", "tokenizer"), encoder("text_encoder_2", "tokenizer_2"),
                      files_->force_zeros_for_empty_prompt()});
  if (!options_.embedding.empty())
    text = text.with(read_textual_inversion(options_.embedding, options_.embedding_tokens));
  return text_.emplace(std::move(text));
}

}  // namespace models
