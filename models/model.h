// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
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

/// A model's networks, each read when it is first asked for and kept while the model lives. Thread-safe.
///
/// All parts throw tensors::FileError that names what is missing or wrong, and with a LoRA or an embedding what does
/// not fit.
class Model {
 public:
  /// Finds the files, reads what LoRAs there are and none of the weights. Throws tensors::FileError.
  Model(const std::string& model, ModelOptions options);
  ~Model();

  const UNet& unet();
  /// In float32 where its config has force_upcast and the rest is float16.
  const Autoencoder& vae();
  const PromptEncoder& text();
  const ModelFiles& files() const { return *files_; }

 private:
  struct Loras;
  at::ScalarType dtype() const;
  NetworkFiles vae_files() const;

  const ModelOptions options_;
  const std::unique_ptr<const ModelFiles> files_;
  const std::unique_ptr<const Loras> loras_;
  std::mutex mutex_;
  std::optional<UNet> unet_;
  std::unique_ptr<Autoencoder> vae_;
  std::optional<PromptEncoder> text_;
};

/// Reads an autoencoder whole and alone, in float32 where its config has force_upcast and `options` ask for float16.
/// Throws tensors::FileError.
std::unique_ptr<Autoencoder> load_autoencoder(const NetworkFiles& files, WeightOptions options);

}  // namespace models
