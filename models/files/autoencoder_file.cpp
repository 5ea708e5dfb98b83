// SPDX-License-Identifier: MIT
// An autoencoder that stands alone: a folder, or one file of which names and shapes say what it is.
#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <string_view>
#include <utility>

#include "models/files/checkpoint_claims.h"
#include "models/files/file_kinds.h"
#include "models/files/model_files.h"
#include "models/files/model_files_known.h"
#include "tensors/npz.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using tensors::FileError;
using tensors::SafetensorsFile;

/// What the names of well-known files have in them, in small letters, and whose autoencoder that is.
constexpr auto kNames = std::to_array<std::pair<std::string_view, std::string_view>>({{"xl", "SDXL base"},
                                                                                      {"ft-mse", "Stable Diffusion 1"},
                                                                                      {"ft-ema", "Stable Diffusion 1"},
                                                                                      {"kl-f8", "Stable Diffusion 1"},
                                                                                      {"sd1", "Stable Diffusion 1"},
                                                                                      {"sd-1", "Stable Diffusion 1"},
                                                                                      {"sd2", "Stable Diffusion 2"},
                                                                                      {"sd-2", "Stable Diffusion 2"},
                                                                                      {"v1-5", "Stable Diffusion 1"}});

/// What the tensors' names begin with in a file in the original layout, of an autoencoder alone or cut out of a
/// checkpoint.
constexpr std::array<std::string_view, 3> kAutoencoderPrefixes{"", "first_stage_model.", "vae."};

std::string small_letters(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool begins(const SafetensorsFile& file, const std::string& prefix) {
  return std::ranges::any_of(file.entries(), [&](const auto& entry) { return entry.name.starts_with(prefix); });
}

const KnownNetwork& autoencoder_of(const std::string& family) {
  const auto& known = known_checkpoints();
  const auto found = std::ranges::find_if(known, [&](const KnownCheckpoint& one) { return one.name == family; });
  return *std::ranges::find(found->networks, "vae", &KnownNetwork::part);
}

/// Whose autoencoder it is, and by what that is known.
struct Family {
  std::string name;
  std::string by;
};

/// The shapes are the same for all families; their latents differ by a factor.
Family family_of(const SafetensorsFile& file, const std::function<std::string()>& pipeline) {
  if (const auto claimed = claimed_family(file)) return {*claimed, "its metadata"};
  const std::string name = small_letters(file.path().filename().string());
  for (const auto& [part, family] : kNames) {
    if (name.find(part) != std::string::npos) return {std::string(family), "its name"};
  }
  const bool is_xl = pipeline().find("XL") != std::string::npos;
  return {is_xl ? "SDXL base" : "Stable Diffusion 1", "the model that it works with"};
}

/// Throws for autoencoders of other models.
void check_shapes(const SafetensorsFile& file, const std::string& prefix) {
  constexpr std::int64_t kChannels = 512, kLatentChannels = 4;
  const std::string name = prefix + "decoder.conv_in.weight";
  const auto* const entry = file.find(name);
  if (entry == nullptr)
    throw FileError(file.path().string() + ": has no " + tensors::in_quotes(name) +
                    ": is not a whole autoencoder, which has an encoder and a decoder");
  if (entry->shape.size() == 4 && entry->shape[0] == kChannels && entry->shape[1] == kLatentChannels) return;
  std::ostringstream shape;
  shape << at::IntArrayRef(entry->shape);
  const bool is_16 = entry->shape.size() == 4 && entry->shape[1] == 16;
  throw FileError(file.path().string() + ": " + tensors::in_quotes(name) + " has the shape " + shape.str() +
                  ", where the autoencoders of Stable Diffusion 1.x, 2.x and XL have [512, 4, 3, 3]" +
                  (is_16 ? ": it seems to be that of Stable Diffusion 3 or Flux, which are not supported"
                         : ": give the folder that has its config.json"));
}

/// "0.13025" out of a config.json.
std::string scaling_factor(const NetworkFiles& files) {
  std::ostringstream text;
  text << files.config().find<double>("scaling_factor").value_or(1.0);
  return text.str();
}

/// The config beside the file, where that is an autoencoder's.
fs::path config_beside(const fs::path& file) {
  std::error_code error;
  const fs::path config = file.parent_path() / "config.json";
  if (!fs::exists(config, error)) return {};
  const auto name = tensors::ConfigReader::read(config).find<std::string>("_class_name");
  return name && name->starts_with("Autoencoder") ? config : fs::path();
}

/// The network's names in the file; the family is that of a KnownCheckpoint.
WeightLayout layout_in(const SafetensorsFile& file, const std::string& family) {
  if (begins(file, "decoder.up_blocks.") || begins(file, "decoder.layers.")) return {.origins = diffusers_vae_keys};
  for (const std::string_view prefix : kAutoencoderPrefixes) {
    if (!begins(file, std::string(prefix) + "decoder.up.")) continue;
    WeightLayout layout = layout_of(autoencoder_of(family));
    layout.prefix = prefix;
    return layout;
  }
  const std::string what = seems_to_be(file);
  throw FileError(file.path().string() + ": is not an autoencoder" +
                  (what.empty() ? ", which has tensors 'decoder.…' and 'encoder.…'" : ": " + what));
}

NetworkFiles in_one_file(const fs::path& path, const std::function<std::string()>& pipeline) {
  const SafetensorsFile file(path);
  const fs::path config = config_beside(path);
  if (!config.empty()) return {path, layout_in(file, "SDXL base"), config};
  if (begins(file, "decoder.layers."))
    return {path, layout_in(file, "SDXL base"), path.string() + " (the config.json of AutoencoderTiny)",
            R"({"_class_name": "AutoencoderTiny"})"};
  const Family family = family_of(file, pipeline);
  NetworkFiles files{path, layout_in(file, family.name),
                     path.string() + " (" + family.name + "'s config.json of its vae)",
                     std::string(autoencoder_of(family.name).config)};
  check_shapes(file, files.layout.prefix);
  files.notice = path.string() + ": is taken for an autoencoder of " + family.name + " by " + family.by +
                 ": scaling factor " + scaling_factor(files);
  return files;
}

}  // namespace

NetworkFiles find_autoencoder(const std::string& model, const ModelPlaces& places,
                              const std::function<std::string()>& pipeline) {
  const fs::path place = locate_model(model, places);
  std::error_code error;
  if (!fs::is_directory(place, error)) {
    if (begins(SafetensorsFile(place), "model.diffusion_model.")) return find_model(model, places)->network("vae");
    return in_one_file(place, pipeline);
  }
  if (!fs::exists(place / "config.json", error)) return find_model(model, places)->network("vae");
  return {diffusers_weights(place, "vae"), {.origins = diffusers_vae_keys}, place / "config.json"};
}

}  // namespace models
