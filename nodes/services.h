// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "models/model.h"
#include "models/networks/controlnet.h"
#include "nodes/residency.h"
#include "tensors/torch.h"

namespace nodes {

/// What the nodes of a program share: where they compute, in which dtype, and the networks that are in memory. Every
/// network is there once, however many nodes and runs use it. A model that nobody uses any more stays known, for the
/// next run, until another one is asked for.
///
/// Thread-safe, but for the setters, which are called before the first run.
class Services {
 public:
  /// Computes where set_device("auto") and set_dtype("auto") say. `places`: where models are looked for.
  explicit Services(models::ModelPlaces places = models::ModelPlaces::from_environment({}));
  ~Services();

  /// auto, cpu, cuda or cuda:N; auto takes the first GPU where there is one. Throws std::invalid_argument that says
  /// what there is.
  void set_device(const std::string& text);
  /// auto, fp32, fp16 or bf16; auto is the checkpoint's own on a GPU and fp32 on a CPU, where fp16 is refused because
  /// libtorch cannot compute in it. Throws std::invalid_argument.
  void set_dtype(const std::string& text);
  /// auto or direct, as models::Convolutions has it, for the whole process. Throws std::invalid_argument.
  static void set_convolutions(const std::string& text);

  at::Device device() const { return device_; }

  /// Which model, as a graph says it.
  struct ModelName {
    std::string model{};      ///< "embedded", a folder, a checkpoint, a hub id
    std::string vae{};        ///< replaces the model's own; empty: its own
    std::string lora{};       ///< a list as graph::file_list() reads it: fused with these scales (1 when not given)
    std::string embedding{};  ///< a file of textual inversion vectors
    std::string embedding_tokens{};  ///< the words that stand for them: "<cat>, <dog>"
    bool on_cpu = false;             ///< it computes on the CPU, in float32, wherever the others do
    auto operator<=>(const ModelName&) const = default;
  };
  /// Finds the model's files and reads no network. Throws what models::Model throws.
  std::shared_ptr<const models::Model> model(const ModelName& name);

  /// The model's networks, for nodes to lease (nodes/residency.h). Each is read at once, so that whatever is missing or
  /// wrong is told before the run; nobody holds it then. Throws what models::Model throws.
  /// `more`: the channels that the graph gives the unet beside those of latents. Of a model made for others the purpose
  /// is told, before it is read.
  Network<models::UNet> unet(const ModelName& name, std::int64_t more = 0);
  Network<models::Autoencoder> vae(const ModelName& name);
  Network<models::PromptEncoder> text(const ModelName& name);
  /// An autoencoder alone: `vae`, or else that of `model`, of which nothing more need be there. Throws
  /// tensors::FileError.
  Network<models::Autoencoder> vae_alone(const ModelName& name);
  /// Its files. Throws tensors::FileError.
  models::NetworkFiles vae_files(const ModelName& name) const;
  /// A ControlNet by the name that a graph has for it. `model`: whose UNet it is for, which it is held against; empty:
  /// not said. Throws tensors::FileError, and for one that does not go with the model.
  Network<models::ControlNet> controlnet(const std::string& name, const std::string& model);

  /// What was learned by textual inversion, of a file; its word is to be given. Throws tensors::FileError.
  models::TextualInversion learned(const std::string& file) const;

  /// What networks may take, and what they take.
  Residency& residency() { return *residency_; }

 private:
  struct Known;
  std::shared_ptr<Known> known(const ModelName& name);
  /// Where a file of the list lies. Throws FileError with the cure when its name seems to have a comma in it.
  std::filesystem::path lora_file(const std::string& file, const std::string& list) const;
  /// Once in a process. Called under the mutex.
  void tell(const std::string& notice);
  /// What --dtype asks for; nothing: the file's own.
  std::optional<at::ScalarType> dtype() const;

  const models::ModelPlaces places_;
  at::Device device_;
  std::string dtype_ = "auto";
  const std::shared_ptr<Residency> residency_ = std::make_shared<Residency>();
  std::mutex mutex_;
  std::map<ModelName, std::shared_ptr<Known>> known_;
  std::map<std::string, std::shared_ptr<Resident>> alone_;  ///< autoencoders, by their models' names
  std::set<std::string> told_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Resident>> controlnets_;  ///< by name and model
};

}  // namespace nodes
