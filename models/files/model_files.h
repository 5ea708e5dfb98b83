// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/files/weights.h"
#include "tensors/config_reader.h"

namespace models {

/// Where models are looked for besides the place that a user names.
struct ModelPlaces {
  std::filesystem::path embedded{};    ///< folder of the model that the program brings along
  std::filesystem::path hub_cache{};   ///< of the Hugging Face libraries
  std::filesystem::path vocabulary{};  ///< CLIP's tokenizer, for checkpoints without one; may be empty

  /// The cache by HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME or HOME; the vocabulary by DECOUPAGE_CLIP_VOCAB.
  static ModelPlaces from_environment(std::filesystem::path embedded);
};

/// One network of a model: its config and its weights.
struct NetworkFiles {
  std::filesystem::path weights{};  ///< for WeightFiles
  WeightLayout layout{};
  std::filesystem::path config_file{};
  std::string config_text{};  ///< instead of a file, for checkpoints that have none
  std::string notice{};       ///< for people: what was taken for granted that the files do not say; mostly empty

  /// Throws tensors::FileError.
  tensors::ConfigReader config() const;
  WeightFiles open(WeightOptions options) const { return WeightFiles(weights, layout, options); }
};

/// A JSON text, and the file that it is of, for messages.
struct ConfigText {
  std::string text{};
  std::string name{};
};

/// A tokenizer's folder, and what to pad with where that is not what the folder says.
struct TokenizerFolder {
  std::filesystem::path folder{};
  std::optional<std::string> pad_token{};
};

/// The files of a model. Parts have diffusers' names: unet, vae, text_encoder, text_encoder_2, tokenizer, tokenizer_2,
/// scheduler. What a part needs is looked for when it is asked for, so that a model without a VAE serves a graph
/// without one.
class ModelFiles {
 public:
  virtual ~ModelFiles() = default;

  /// The folder or file, for messages.
  virtual const std::filesystem::path& place() const = 0;
  /// The class of diffusers' pipeline, "StableDiffusionXLPipeline".
  virtual const std::string& pipeline() const = 0;
  /// The model says that it has that part, whether its files are there or not.
  virtual bool has(const std::string& part) const = 0;
  /// Of unet, vae, text_encoder, text_encoder_2. Throws tensors::FileError that says what was looked for where, when
  /// there is no such part or something of it is missing.
  virtual NetworkFiles network(const std::string& part) const = 0;
  /// Side of the pictures that the unet was made for, px. Throws like network().
  std::int64_t native_side() const;
  /// Throws tensors::FileError that says what the model is for when its unet takes other channels in than those of
  /// latents and `more` beside them; and like network().
  void check_unet_takes(std::int64_t more) const;
  /// Of tokenizer, tokenizer_2. Throws like network().
  virtual TokenizerFolder tokenizer(const std::string& part) const = 0;
  /// What scheduler_config.json says, for whoever reads it. `given`: its keys that the reader sets itself, so that what
  /// the model says of them does not count: a checkpoint in one file that says something unknown is refused otherwise.
  /// Throws like network().
  virtual ConfigText scheduler(const std::set<std::string>& given) const = 0;
  /// An absent negative prompt is zeros and not the encoded empty text.
  virtual bool force_zeros_for_empty_prompt() const = 0;
  /// The time ids end with an aesthetic score, as the refiner has it.
  virtual bool requires_aesthetics_score() const = 0;
  /// Everything that the model is made of, and that is there.
  virtual std::vector<std::filesystem::path> files() const = 0;
};

/// `model` is "embedded", a folder in diffusers' layout, a .safetensors checkpoint in the original layout (Stable
/// Diffusion 1.x, 2.x, XL base and refiner; other sizes by their folder), or a hub id "organisation/name" or
/// "organisation/name@revision" that is in the Hugging Face cache. A tilde at the beginning is HOME. Nothing is ever
/// downloaded, and no pickle is ever read.
///
/// Throws tensors::FileError that names what was looked for, and the cure.
std::unique_ptr<const ModelFiles> find_model(const std::string& model, const ModelPlaces& places);
/// The folder or file that `model` means. Throws as find_model.
std::filesystem::path locate_model(const std::string& model, const ModelPlaces& places);
/// The one file that `name` means: a path, the only .safetensors file of a folder, or what lies in a repository of the
/// Hugging Face cache: organisation/name, or organisation/name/style.safetensors, either with @revision behind the
/// name. For LoRAs and embeddings. Throws tensors::FileError that says what is missing.
std::filesystem::path locate_weights(const std::string& name, const ModelPlaces& places);
/// An autoencoder that stands alone: a folder with a config.json, likewise in the cache, one .safetensors file, in the
/// original layout or diffusers', or the one of a model. `pipeline` is asked for ModelFiles::pipeline() of the model
/// that it works with where a file does not say what family it is of; the notice says what was taken. Throws as
/// find_model and ModelFiles::network.
NetworkFiles find_autoencoder(const std::string& model, const ModelPlaces& places,
                              const std::function<std::string()>& pipeline);
std::unique_ptr<const ModelFiles> open_model_folder(const std::filesystem::path& folder);
/// The weights of a network in diffusers' layout: the first that is there, by the names that the libraries give them.
/// Whole numbers go before halves (.fp16., .bf16.). Throws tensors::FileError that says what was looked for.
std::filesystem::path diffusers_weights(const std::filesystem::path& folder, const std::string& part);
std::unique_ptr<const ModelFiles> open_checkpoint(const std::filesystem::path& file, const ModelPlaces& places);

/// A ContentHash that is the same for the same content, wherever it lies, for caches and run records. Of
/// .safetensors it takes the header and a few bytes from the middle of every tensor, since reading 7 GB would take
/// longer than many a run: what was trained differs in every tensor that it touched. Other files count whole. Not made
/// against forgery. Throws tensors::FileError for files that cannot be read.
std::string content_identity(const std::vector<std::filesystem::path>& files);

}  // namespace models
