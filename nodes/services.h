// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "models/model.h"
#include "tensors/torch.h"

namespace nodes {

/// What the nodes of a program share: where they compute, in which dtype, and the models that are loaded. Every model
/// is loaded once, however many nodes and runs use it. When nobody uses it any more it stays loaded, for the next run,
/// until another one is to be loaded.
///
/// Thread-safe, but for the setters, which are called before the first run.
class Services {
 public:
  /// Computes where set_device("auto") and set_dtype("auto") say. `places`: where models are looked for.
  explicit Services(models::ModelPlaces places = models::ModelPlaces::from_environment({}));

  /// auto, cpu, cuda or cuda:N; auto takes the first GPU where there is one. Throws std::invalid_argument that says
  /// what there is.
  void set_device(const std::string& text);
  /// auto, fp32, fp16 or bf16; auto is the checkpoint's own on a GPU and fp32 on a CPU, where fp16 is refused because
  /// libtorch cannot compute in it. Throws std::invalid_argument.
  void set_dtype(const std::string& text);

  at::Device device() const { return device_; }

  /// Which model, as a graph says it.
  struct ModelName {
    std::string model{};      ///< "embedded", a folder, a checkpoint, a hub id
    std::string vae{};        ///< replaces the model's own; empty: its own
    std::string lora{};       ///< "file.safetensors, other.safetensors=0.5": fused with these scales (1 when not given)
    std::string embedding{};  ///< a file of textual inversion vectors
    std::string embedding_tokens{};  ///< the words that stand for them: "<cat>, <dog>"
    auto operator<=>(const ModelName&) const = default;
  };
  /// Finds the model's files; its networks are read when they are first asked for. Throws what models::Model throws.
  std::shared_ptr<models::Model> model(const ModelName& name);

  /// The files of an autoencoder: `vae`, or else that of `model`, of which nothing more need be there. Throws
  /// tensors::FileError.
  models::NetworkFiles vae_files(const ModelName& name) const;
  /// Reads that autoencoder alone. Throws tensors::FileError.
  std::shared_ptr<const models::Autoencoder> load_vae(const ModelName& name) const;

 private:
  /// What --dtype asks for; nothing: the file's own.
  std::optional<at::ScalarType> dtype() const;

  const models::ModelPlaces places_;
  at::Device device_;
  std::string dtype_ = "auto";
  std::mutex mutex_;
  std::map<ModelName, std::shared_ptr<models::Model>> models_;
};

}  // namespace nodes
