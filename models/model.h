// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/files/model_files.h"
#include "models/networks/autoencoder.h"
#include "models/networks/unet.h"
#include "models/text/prompt_encoder.h"

namespace models {

/// A LoRA file and how strongly it is fused.
struct LoraChoice {
  std::string file;
  double scale = 1.0;
};

struct ModelOptions {
  at::Device device = at::kCPU;
  std::optional<at::ScalarType> dtype{};  ///< none: as the unet's file has it
  ModelPlaces places{};
  std::string vae{};  ///< a model or a VAE's folder or file in the place of the model's own; empty: its own
  std::vector<LoraChoice> loras{};
  std::string embedding{};  ///< a file of textual inversion vectors
  std::vector<std::string> embedding_tokens{};
};

/// A model: its files, and how its networks are made of them. Whoever has a network made keeps it; nodes::Services
/// shares them. Thread-safe.
///
/// All parts throw tensors::FileError that names what is missing or wrong, and with a LoRA or an embedding what does
/// not fit.
class Model {
 public:
  /// Finds the files, reads what LoRAs there are and none of the weights. Throws tensors::FileError.
  Model(const std::string& model, ModelOptions options);
  ~Model();

  std::unique_ptr<const UNet> load_unet() const;
  /// In float32 where its config has force_upcast and the rest is float16.
  std::unique_ptr<const Autoencoder> load_vae() const;
  std::unique_ptr<const PromptEncoder> load_text() const;

  /// What the parameters of each take once they are read, told from the files' headers. What a CPU makes of
  /// weights at its first call (docs/models.md) comes on top.
  std::int64_t unet_bytes() const;
  std::int64_t vae_bytes() const;
  std::int64_t text_bytes() const;

  const ModelFiles& files() const { return *files_; }

 private:
  struct Loras;
  WeightFiles open(const NetworkFiles& files) const;
  WeightOptions weight_options() const;
  NetworkFiles vae_files() const;
  std::optional<TextEncoder> load_encoder(const char* part, const char* tokenizer) const;

  const ModelOptions options_;
  const std::unique_ptr<const ModelFiles> files_;
  const std::unique_ptr<const Loras> loras_;
};

/// Reads an autoencoder whole and alone, in float32 where its config has force_upcast and `options` ask for float16.
/// Throws tensors::FileError.
std::unique_ptr<const Autoencoder> load_autoencoder(const NetworkFiles& files, WeightOptions options);
/// What its parameters take then, told from the files' headers. Throws tensors::FileError.
std::int64_t autoencoder_bytes(const NetworkFiles& files, WeightOptions options);

}  // namespace models
