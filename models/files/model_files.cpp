// SPDX-License-Identifier: MIT
#include "models/files/model_files.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/home.h"
#include "models/files/file_kinds.h"
#include "models/files/hub_cache.h"
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

}  // namespace

ModelPlaces ModelPlaces::from_environment(fs::path embedded) {
  return {std::move(embedded), hub_cache_folder(), base::with_home(variable("DECOUPAGE_CLIP_VOCAB"))};
}

tensors::ConfigReader NetworkFiles::config() const {
  return config_text.empty() ? tensors::ConfigReader::read(config_file)
                             : tensors::ConfigReader::parse(config_text, config_file.string());
}

std::int64_t ModelFiles::native_side() const {
  return 8 * UNetConfig::read(network("unet").config()).sample_size;
}

namespace {

/// What a unet takes in beside latents, by how many channels that is; the models that were made so.
std::string purpose(std::int64_t more) {
  switch (more) {
    case 1:
      return "a model for pictures with a depth map (latents and 1 of depth)";
    case 3:
      return "a model that enlarges pictures (latents and 3 of a small picture)";
    case 4:
      return "a model that edits pictures by instruction (latents and 4 of the picture's), as InstructPix2Pix";
    case 5:
      return "a model for inpainting (latents, 1 of the mask, 4 of the masked picture)";
    default:
      return "a model for something else";
  }
}

}  // namespace

void ModelFiles::check_unet_takes(std::int64_t more) const {
  const UNetConfig config = UNetConfig::read(network("unet").config());
  const std::int64_t there = config.in_channels - config.out_channels;
  if (there == more) return;
  const std::string found = place().string() + ": its unet takes " + std::to_string(config.in_channels) +
                            " channels in and gives " + std::to_string(config.out_channels) + ": ";
  if (there > 0)
    throw FileError(found + "it is " + purpose(there) + "; this graph gives it " +
                    (more == 0 ? "latents alone" : "what " + purpose(more) + " takes") +
                    ": take a model that was made for it");
  throw FileError(found + "it takes latents alone, and this graph is for " + purpose(more));
}

fs::path locate_model(const std::string& name, const ModelPlaces& places) {
  std::error_code error;
  const std::string model = base::with_home(name);
  if (model == "embedded") {
    if (fs::is_directory(places.embedded, error)) return places.embedded;
    throw FileError(places.embedded.string() +
                    ": there is no embedded model here; give a model of your own: a folder in " +
                    "diffusers' layout, a .safetensors checkpoint or a hub id");
  }
  if (fs::exists(model, error)) {
    base::check_readable(model);
    if (fs::is_directory(model, error)) return model;
    refuse_other_formats(model);
    if (fs::path(model).extension() != ".safetensors")
      throw FileError(model + ": expected a folder in diffusers' layout or a .safetensors checkpoint");
    return model;
  }
  if (const auto id = HubId::parse(model)) return hub_snapshot(*id, places.hub_cache);
  throw FileError(model +
                  ": there is no such folder or file, and it is not a hub id, which is organisation/name (or "
                  "organisation/name@revision): give a folder in diffusers' layout, a .safetensors checkpoint, a hub "
                  "id, or embedded");
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

namespace {

/// What stands behind "organisation/name" or "organisation/name@revision", and what of it is the id. A revision's name
/// has no slash, but for refs/pr/N.
std::pair<std::string, fs::path> id_and_file(const std::string& name) {
  std::size_t end = name.find('/');
  end = end == std::string::npos ? end : name.find('/', end + 1);
  constexpr std::string_view kRequest = "@refs/pr/";
  const std::size_t request = name.find(kRequest);
  if (request != std::string::npos) end = name.find('/', request + kRequest.size());
  return {name.substr(0, end), end == std::string::npos ? fs::path() : fs::path(name.substr(end + 1))};
}

}  // namespace

fs::path locate_weights(const std::string& text, const ModelPlaces& places) {
  std::error_code error;
  const std::string name = base::with_home(text);
  if (fs::exists(name, error)) base::check_readable(name);
  if (fs::is_directory(name, error)) return only_weights_in(name);
  if (fs::exists(name, error)) {
    refuse_other_formats(name);
    return name;
  }
  const auto [id, inside] = id_and_file(name);
  const auto parsed = HubId::parse(id);
  if (!parsed)
    throw FileError(name +
                    ": there is no such file (nor is it organisation/name of the Hugging Face cache); looked for " +
                    fs::absolute(name, error).string());
  const fs::path folder = locate_model(id, places);
  if (inside.empty()) return only_weights_in(folder);
  if (std::ranges::find(inside, "..") == inside.end() && fs::exists(folder / inside, error)) return folder / inside;
  throw FileError(name + ": " + folder.string() + " has no " + inside.string());
}

std::unique_ptr<const ModelFiles> find_model(const std::string& model, const ModelPlaces& places) {
  const fs::path place = locate_model(model, places);
  std::error_code error;
  return fs::is_directory(place, error) ? open_model_folder(place) : open_checkpoint(place, places);
}

}  // namespace models
