// SPDX-License-Identifier: MIT
#include "models/model.h"

namespace models {

Model::Model(const std::string& model, ModelOptions options)
    : options_(std::move(options)), files_(find_model(model, options_.places)) {}
Model::~Model() = default;

at::ScalarType Model::dtype() {
  return options_.dtype ? *options_.dtype : files_->network("unet").open({}).stored_dtype();
}

NetworkFiles Model::vae_files() const {
  return options_.vae.empty() ? files_->network("vae") : find_autoencoder(options_.vae, options_.places);
}

const UNet& Model::unet() {
  const std::lock_guard lock(mutex_);
  if (unet_) return *unet_;
  const NetworkFiles files = files_->network("unet");
  WeightFiles weights = files.open({options_.device, dtype()});
  UNet unet(UNetConfig::read(files.config()), weights);
  weights.finish();
  return unet_.emplace(std::move(unet));
}

const Autoencoder& Model::vae() {
  const std::lock_guard lock(mutex_);
  if (vae_) return *vae_;
  const NetworkFiles files = vae_files();
  const at::ScalarType wanted = dtype();
  const bool upcast = wanted == at::kHalf && forces_upcast(files.config());
  WeightFiles weights = files.open({options_.device, upcast ? at::kFloat : wanted});
  auto vae = make_autoencoder(files.config(), weights);
  weights.finish();
  vae_ = std::move(vae);
  return *vae_;
}

const PromptEncoder& Model::text() {
  const std::lock_guard lock(mutex_);
  if (text_) return *text_;
  const auto encoder = [&](const char* part, const char* tokenizer) -> std::optional<TextEncoder> {
    if (!files_->has(part)) return std::nullopt;
    const TokenizerFolder words = files_->tokenizer(tokenizer);
    const NetworkFiles files = files_->network(part);
    WeightFiles weights = files.open({options_.device, dtype()});
    auto model = std::make_shared<ClipTextModel>(ClipTextConfig::read(files.config()), weights);
    weights.finish();
    return TextEncoder{Tokenizer::load(words.folder, words.pad_token), std::move(model)};
  };
  PromptEncoder text({encoder("text_encoder", "tokenizer"), encoder("text_encoder_2", "tokenizer_2"),
                      files_->force_zeros_for_empty_prompt()});
  if (!options_.embedding.empty())
    text = text.with(read_textual_inversion(options_.embedding, options_.embedding_tokens));
  return text_.emplace(std::move(text));
}

}  // namespace models
