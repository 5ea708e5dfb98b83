// SPDX-License-Identifier: MIT
// A model as diffusers saves it: a folder with a model_index.json and a folder for each part.
#include <algorithm>
#include <array>
#include <map>

#include "models/files/model_files.h"
#include "models/text/tokenizer_whole.h"
#include "tensors/json.h"
#include "tensors/npz.h"
#include "tensors/safetensors_header.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using tensors::FileError;

nlohmann::json read_index(const fs::path& file) {
  std::error_code error;
  const fs::path config = file.parent_path() / "config.json";
  if (!fs::exists(file, error) && fs::exists(config, error)) {
    const nlohmann::json part = tensors::parse_object(tensors::config_file_text(config), config.string());
    const std::string kind = part.contains("_class_name") && part["_class_name"].is_string()
                                 ? "a " + part["_class_name"].get<std::string>()
                                 : "one part of a model";
    throw FileError(file.parent_path().string() + ": is " + kind +
                    " alone: give the folder of the whole model, which has a model_index.json");
  }
  if (!fs::exists(file, error))
    throw FileError(file.parent_path().string() +
                    ": has no model_index.json, so it is not a model in diffusers' layout" +
                    "; for a checkpoint in one file, give the .safetensors itself");
  return tensors::parse_object(tensors::config_file_text(file), file.string());
}

/// The names that a network's weights may have, the best first: a variant (.fp16.) is taken where nothing else is.
std::vector<std::string> weight_names(const std::string& part) {
  const std::string stem = part.starts_with("text_encoder") ? "model" : "diffusion_pytorch_model";
  std::vector<std::string> names{stem + ".safetensors", stem + ".safetensors.index.json"};
  for (const char* variant : {".fp32", ".fp16", ".bf16"}) {
    for (const std::string& name : {stem + variant + ".safetensors", stem + ".safetensors.index" + variant + ".json",
                                    stem + variant + ".safetensors.index.json"})
      names.push_back(name);
  }
  return names;
}

/// The first of `names` that is in the folder of a part; `what` says whose part it is.
fs::path existing(const fs::path& folder, const std::vector<std::string>& names, const std::string& what) {
  std::error_code error;
  std::string looked;
  for (const std::string& name : names) {
    if (fs::exists(folder / name, error)) return folder / name;
    looked += (looked.empty() ? "" : ", ") + name;
  }
  std::string found;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string extension = entry.path().extension().string();
    if (names.size() > 1 && (extension == ".bin" || extension == ".ckpt" || extension == ".pt"))
      found = "; " + entry.path().filename().string() +
              " is a pickle, which can run any code and is never read: convert it to .safetensors";
    else if (names.size() > 1 && extension == ".msgpack")
      found = "; " + entry.path().filename().string() + " is Flax's: convert it to .safetensors";
    else if (found.empty() && extension == ".safetensors" && names.size() > 1)
      found = "; rename " + entry.path().filename().string() + " if that is it";
  }
  throw FileError(what + " is incomplete: looked for " + looked + " in " + folder.string() +
                  (fs::is_directory(folder, error) ? "" : ", which is not a folder") + found);
}

class ModelFolder final : public ModelFiles {
 public:
  explicit ModelFolder(fs::path folder) : folder_(std::move(folder)) {
    const fs::path index = folder_ / "model_index.json";
    const nlohmann::json json = read_index(index);
    pipeline_ = text(json, "_class_name", index);
    force_zeros_ = flag(json, "force_zeros_for_empty_prompt", pipeline_.starts_with("StableDiffusionXL"), index);
    aesthetics_ = flag(json, "requires_aesthetics_score", false, index);
    for (const auto& [part, value] : json.items()) {
      const bool is_part = value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string();
      if (is_part) classes_[part] = value[1].get<std::string>();
    }
    if (!has("unet"))
      throw FileError(index.string() + ": is a " + pipeline_ +
                      ", which has no unet: only Stable Diffusion 1.x, 2.x and " + "XL are supported");
  }

  const fs::path& place() const override { return folder_; }
  const std::string& pipeline() const override { return pipeline_; }
  bool has(const std::string& part) const override { return classes_.contains(part); }
  bool force_zeros_for_empty_prompt() const override { return force_zeros_; }
  bool requires_aesthetics_score() const override { return aesthetics_; }

  NetworkFiles network(const std::string& part) const override {
    require(part, part == "unet"  ? std::vector<std::string>{"UNet2DConditionModel"}
                  : part == "vae" ? std::vector<std::string>{"AutoencoderKL", "AutoencoderTiny"}
                                  : std::vector<std::string>{"CLIPTextModel", "CLIPTextModelWithProjection"});
    NetworkFiles files;
    files.config_file = in_part(part, {"config.json"});
    files.weights = in_part(part, weight_names(part));
    if (part == "vae") files.layout.origins = diffusers_vae_keys;
    if (part == "text_encoder") files.layout.ignored.push_back("text_projection");
    return files;
  }

  TokenizerFolder tokenizer(const std::string& part) const override {
    require(part, {"CLIPTokenizer", "CLIPTokenizerFast"});
    if (!has_whole_tokenizer(folder_ / part)) {
      for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json"}) in_part(part, {name});
    }
    return {folder_ / part, {}};
  }

  ConfigText scheduler(const std::set<std::string>& /*given*/) const override {
    const fs::path file = in_part("scheduler", {"scheduler_config.json"});
    return {tensors::config_file_text(file), file.string()};
  }

  std::vector<fs::path> files() const override {
    std::vector<fs::path> all{folder_ / "model_index.json"};
    for (const auto& [part, name] : classes_) {
      std::error_code error;
      for (const auto& entry : fs::directory_iterator(folder_ / part, error)) {
        const std::string extension = entry.path().extension().string();
        if (extension == ".safetensors" || extension == ".json" || extension == ".txt") all.push_back(entry.path());
      }
    }
    std::ranges::sort(all);
    return all;
  }

 private:
  static std::string text(const nlohmann::json& json, const char* key, const fs::path& index) {
    if (json.contains(key) && json[key].is_string()) return json[key];
    throw FileError(index.string() + ": " + key + ": expected a text");
  }
  static bool flag(const nlohmann::json& json, const char* key, bool value, const fs::path& index) {
    if (!json.contains(key) || json[key].is_null()) return value;
    if (json[key].is_boolean()) return json[key];
    throw FileError(index.string() + ": " + key + ": expected true or false, found " + json[key].dump());
  }

  void require(const std::string& part, const std::vector<std::string>& classes) const {
    const auto found = classes_.find(part);
    const std::string where = (folder_ / "model_index.json").string() + ": ";
    if (found == classes_.end()) throw FileError(where + "this " + pipeline_ + " has no " + part);
    if (std::ranges::find(classes, found->second) != classes.end()) return;
    std::string names;
    for (const std::string& name : classes) names += (names.empty() ? "" : " or ") + name;
    throw FileError(where + part + ": " + tensors::in_quotes(found->second) + " is not supported, only " + names);
  }

  /// The first of `names` that is in the part's folder.
  fs::path in_part(const std::string& part, const std::vector<std::string>& names) const {
    return existing(folder_ / part, names, folder_.string() + ": its " + part);
  }

  fs::path folder_;
  std::string pipeline_;
  std::map<std::string, std::string> classes_;  ///< by part
  bool force_zeros_ = false, aesthetics_ = false;
};

}  // namespace

fs::path diffusers_weights(const fs::path& folder, const std::string& part) {
  return existing(folder, weight_names(part), folder.string() + ": this " + part);
}

std::unique_ptr<const ModelFiles> open_model_folder(const fs::path& folder) {
  return std::make_unique<const ModelFolder>(folder);
}

}  // namespace models
