// SPDX-License-Identifier: MIT
#include "models/files/model_files.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "models/networks/unet_config.h"
#include "tensors/npz.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using tensors::FileError;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path cache_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string folder = variable(name); !folder.empty()) return folder;
  }
  if (const std::string home = variable("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return fs::path(cache) / "huggingface/hub";
  return fs::path(variable("HOME")) / ".cache/huggingface/hub";
}

/// "organisation/name", of letters, digits and -_. alone: no way to climb out of the cache with it.
bool is_hub_id(const std::string& model) {
  const auto is_name = [](std::string_view name) {
    return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) || c == '-' || c == '_' || c == '.';
    });
  };
  const std::size_t slash = model.find('/');
  return slash != std::string::npos && is_name(std::string_view(model).substr(0, slash)) &&
         is_name(std::string_view(model).substr(slash + 1));
}

/// The newest state of a repository in the cache, or nothing.
std::optional<fs::path> snapshot(const fs::path& repository) {
  std::string revision;
  std::ifstream(repository / "refs/main") >> revision;
  std::error_code error;
  if (!revision.empty() && revision.find('/') == std::string::npos && revision.front() != '.') {
    const fs::path folder = repository / "snapshots" / revision;
    return fs::is_directory(folder, error) ? std::optional(folder) : std::nullopt;
  }
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(repository / "snapshots", error)) all.push_back(entry.path());
  return all.size() == 1 ? std::optional(all.front()) : std::nullopt;
}

std::string hub_folder(const std::string& id) {
  std::string name = "models--" + id;
  name.replace(name.find('/'), 1, "--");
  return name;
}

bool is_pickle(const fs::path& file) {
  const std::string extension = file.extension().string();
  return extension == ".ckpt" || extension == ".bin" || extension == ".pt" || extension == ".pth";
}

}  // namespace

ModelPlaces ModelPlaces::from_environment(fs::path embedded) {
  return {std::move(embedded), cache_folder(), variable("DECOUPAGE_CLIP_VOCAB")};
}

tensors::ConfigReader NetworkFiles::config() const {
  return config_text.empty() ? tensors::ConfigReader::read(config_file)
                             : tensors::ConfigReader::parse(config_text, config_file.string());
}

std::int64_t ModelFiles::native_side() const {
  return 8 * UNetConfig::read(network("unet").config()).sample_size;
}

fs::path locate_model(const std::string& model, const ModelPlaces& places) {
  std::error_code error;
  if (model == "embedded") {
    if (fs::is_directory(places.embedded, error)) return places.embedded;
    throw FileError(places.embedded.string() +
                    ": there is no embedded model here; give a model of your own: a folder in " +
                    "diffusers' layout, a .safetensors checkpoint or a hub id");
  }
  if (fs::exists(model, error)) {
    base::check_readable(model);
    if (is_pickle(model))
      throw FileError(model + ": is a pickle, which can run any code and is never read: convert it to .safetensors");
    if (!fs::is_directory(model, error) && fs::path(model).extension() != ".safetensors")
      throw FileError(model + ": expected a folder in diffusers' layout or a .safetensors checkpoint");
    return model;
  }
  if (!is_hub_id(model))
    throw FileError(model +
                    ": there is no such folder or file, and it is not a hub id, which is organisation/name: give " +
                    "a folder in diffusers' layout, a .safetensors checkpoint, a hub id, or embedded");
  const fs::path repository = places.hub_cache / hub_folder(model);
  if (const auto folder = snapshot(repository)) return *folder;
  throw FileError(model + ": there is no such folder or file, and the Hugging Face cache has no " +
                  repository.string() + ": download it with 'huggingface-cli download " + model +
                  "', or give the path of a model");
}

namespace {

/// Throws for none, and for several.
fs::path only_weights_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  if (files.size() == 1) return files.front();
  throw FileError(folder.string() + (files.empty() ? ": holds no .safetensors file"
                                                   : ": holds " + std::to_string(files.size()) +
                                                         " .safetensors files; say which, as FOLDER/NAME.safetensors"));
}

}  // namespace

fs::path locate_weights(const std::string& name, const ModelPlaces& places) {
  std::error_code error;
  if (fs::exists(name, error)) base::check_readable(name);
  if (fs::is_directory(name, error)) return only_weights_in(name);
  if (fs::exists(name, error)) return name;
  const std::size_t first = name.find('/');
  const std::size_t second = first == std::string::npos ? first : name.find('/', first + 1);
  const std::string id = name.substr(0, second);
  if (!is_hub_id(id))
    throw FileError(name +
                    ": there is no such file (nor is it organisation/name of the Hugging Face cache); looked for " +
                    fs::absolute(name, error).string());
  const fs::path folder = locate_model(id, places);
  const fs::path inside = second == std::string::npos ? fs::path() : fs::path(name.substr(second + 1));
  if (inside.empty()) return only_weights_in(folder);
  if (std::ranges::find(inside, "..") == inside.end() && fs::exists(folder / inside, error)) return folder / inside;
  throw FileError(name + ": " + folder.string() + " has no " + inside.string());
}

std::unique_ptr<const ModelFiles> find_model(const std::string& model, const ModelPlaces& places) {
  const fs::path place = locate_model(model, places);
  std::error_code error;
  return fs::is_directory(place, error) ? open_model_folder(place) : open_checkpoint(place, places);
}

NetworkFiles find_autoencoder(const std::string& model, const ModelPlaces& places) {
  const fs::path place = locate_model(model, places);
  std::error_code error;
  if (!fs::exists(place / "config.json", error)) return find_model(model, places)->network("vae");
  NetworkFiles files;
  files.config_file = place / "config.json";
  files.weights = place / "diffusion_pytorch_model.safetensors";
  files.layout.origins = diffusers_vae_keys;
  return files;
}

}  // namespace models
