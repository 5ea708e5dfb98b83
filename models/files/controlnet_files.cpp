// SPDX-License-Identifier: MIT
#include "models/files/controlnet_files.h"

#include <algorithm>

#include "base/home.h"
#include "base/names.h"
#include "models/files/hub_cache.h"
#include "models/files/model_files_known.h"
#include "tensors/json.h"
#include "tensors/npz.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using tensors::FileError;
using tensors::SafetensorsFile;

bool any_key(const SafetensorsFile& file, std::string_view part) {
  return std::ranges::any_of(file.entries(),
                             [&](const auto& entry) { return entry.name.find(part) != std::string::npos; });
}

/// Throws: the file is not a ControlNet.
[[noreturn]] void refuse_file(const SafetensorsFile& file) {
  std::string what = "only ControlNets of Stable Diffusion 1.x, 2.x and XL are supported";
  if (any_key(file, "adapter.") || any_key(file, "body.0."))
    what = "it seems to be a T2I-Adapter, which is not supported";
  else if (any_key(file, "controlnet_blocks."))
    what = "it seems to be for Flux or Stable Diffusion 3, which are not supported";
  else if (any_key(file, "lora_")) what = "it seems to be a LoRA";
  else if (any_key(file, "model.diffusion_model.")) what = "it seems to be a whole model";
  throw FileError(file.path().string() + ": has neither controlnet_cond_embedding nor input_hint_block: " + what);
}

/// A file alone, and what its shapes say.
class LoneControlNet {
 public:
  explicit LoneControlNet(const fs::path& path) : file_(path) {
    if (any_key(file_, "lora_controlnet") || any_key(file_, "input_blocks.0.0.up"))
      throw FileError(path.string() + ": is a Control-LoRA, which is not supported: give the whole ControlNet");
    if (any_key(file_, "task_embedding") || any_key(file_, "control_add_embedding"))
      throw FileError(
          path.string() +
          ": is a union of ControlNets (Union, ProMax), which is not supported: give the ControlNet of one kind "
          "of hint");
    for (const char* prefix : {"", "control_model."}) {
      prefix_ = prefix;
      if (has_key("controlnet_cond_embedding.conv_in.weight")) return;
      original_ = has_key("input_hint_block.0.weight");
      if (!original_) continue;
      count_original();
      return;
    }
    refuse_file(file_);
  }

  WeightLayout layout() const {
    WeightLayout layout{.prefix = prefix_};
    if (original_) {
      layout.origins = [layers = layers_, hints = hints_](const std::string& name) {
        return original_controlnet_keys(name, layers, hints);
      };
    }
    return layout;
  }

  /// config.json of it; `unet` is that of its UNet, or null.
  std::string config(const nlohmann::json* unet) const;

 private:
  using Shape = std::vector<std::int64_t>;

  bool has_key(const std::string& key) const { return file_.find(prefix_ + key) != nullptr; }
  void count_original() {
    layers_ = 0;
    while (has_key("input_blocks." + std::to_string(layers_ + 1) + ".0.in_layers.0.weight")) ++layers_;
    hints_ = 0;
    while (has_key("input_hint_block." + std::to_string(2 * hints_) + ".weight")) ++hints_;
  }

  /// Of a parameter, or null.
  const Shape* find(const std::string& name) const {
    for (const Origin& origin : layout().origins(name)) {
      if (const auto* entry = file_.find(prefix_ + origin.key)) return &entry->shape;
    }
    return nullptr;
  }
  std::int64_t size(const std::string& name, std::size_t dimension) const {
    const Shape* shape = find(name);
    if (shape == nullptr || shape->size() <= dimension)
      throw FileError(file_.path().string() + ": has no tensor for " + name + " of a ControlNet");
    return (*shape)[dimension];
  }
  std::int64_t depth(const std::string& attention) const {
    std::int64_t blocks = 0;
    while (find(attention + ".transformer_blocks." + std::to_string(blocks) + ".norm1.weight") != nullptr) ++blocks;
    return blocks;
  }
  void say_blocks(nlohmann::json& config) const;
  void say_hint(nlohmann::json& config) const;
  nlohmann::json base(const nlohmann::json& said) const;

  SafetensorsFile file_;
  std::string prefix_;
  bool original_ = false;
  std::int64_t layers_ = 2, hints_ = 0;
};

void LoneControlNet::say_blocks(nlohmann::json& config) const {
  for (std::size_t i = 0;; ++i) {
    const std::string block = "down_blocks." + std::to_string(i) + ".";
    const Shape* first = find(block + "resnets.0.conv1.weight");
    if (first == nullptr) break;
    std::int64_t layers = 1;
    while (find(block + "resnets." + std::to_string(layers) + ".conv1.weight") != nullptr) ++layers;
    const std::int64_t blocks = depth(block + "attentions.0");
    config["block_out_channels"].push_back(first->at(0));
    config["layers_per_block"].push_back(layers);
    config["down_block_types"].push_back(blocks > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D");
    config["transformer_layers_per_block"].push_back(std::max<std::int64_t>(blocks, 1));
    if (blocks == 0) continue;
    config["cross_attention_dim"] = size(block + "attentions.0.transformer_blocks.0.attn2.to_k.weight", 1);
    config["use_linear_projection"] = find(block + "attentions.0.proj_in.weight")->size() == 2;
  }
  if (!config.contains("block_out_channels"))
    throw FileError(file_.path().string() + ": has no tensor for down_blocks.0.resnets.0.conv1.weight of a ControlNet");
  const std::int64_t middle = depth("mid_block.attentions.0");
  config["mid_block_type"] = middle > 0 ? "UNetMidBlock2DCrossAttn" : "UNetMidBlock2D";
  if (middle > 0) {
    config["transformer_layers_per_block"].back() = middle;
    config["cross_attention_dim"] = size("mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1);
    config["use_linear_projection"] = find("mid_block.attentions.0.proj_in.weight")->size() == 2;
  }
}

void LoneControlNet::say_hint(nlohmann::json& config) const {
  const std::string hint = "controlnet_cond_embedding.";
  config["in_channels"] = size("conv_in.weight", 1);
  config["conditioning_channels"] = size(hint + "conv_in.weight", 1);
  config["conditioning_embedding_out_channels"].push_back(size(hint + "conv_in.weight", 0));
  for (std::size_t i = 1;; i += 2) {
    const Shape* halved = find(hint + "blocks." + std::to_string(i) + ".weight");
    if (halved == nullptr) break;
    config["conditioning_embedding_out_channels"].push_back(halved->at(0));
  }
  if (find("add_embedding.linear_1.weight") == nullptr) return;
  config["addition_embed_type"] = "text_time";
  config["projection_class_embeddings_input_dim"] = size("add_embedding.linear_1.weight", 1);
}

/// The config of the UNet that the file was copied from, of those that are known.
nlohmann::json LoneControlNet::base(const nlohmann::json& said) const {
  for (const KnownCheckpoint& known : known_checkpoints()) {
    auto config = nlohmann::json::parse(known.networks.front().config);
    const bool text_time = config.contains("addition_embed_type");
    if (known.channels == said.at("block_out_channels")[0] && text_time == said.contains("addition_embed_type") &&
        config.at("block_out_channels").size() == said.at("block_out_channels").size() &&
        known.cross_attention_dim == said.value("cross_attention_dim", known.cross_attention_dim))
      return config;
  }
  throw FileError(
      file_.path().string() +
      ": is of none of the sizes of Stable Diffusion 1, 2 and XL, and has no config.json that says how many "
      "heads its attention has: name the model that it is for ('model')");
}

std::string LoneControlNet::config(const nlohmann::json* unet) const {
  nlohmann::json config{{"_class_name", "ControlNetModel"}};
  say_blocks(config);
  say_hint(config);
  const nlohmann::json like = unet != nullptr ? *unet : base(config);
  for (const char* key : {"attention_head_dim", "num_attention_heads", "norm_num_groups", "norm_eps",
                          "upcast_attention", "flip_sin_to_cos", "freq_shift", "act_fn", "addition_time_embed_dim",
                          "cross_attention_dim", "use_linear_projection"}) {
    if (like.contains(key) && !config.contains(key)) config[key] = like[key];
  }
  return config.dump();
}

/// Of a folder that diffusers has saved, the best first. The halves (.fp16.) are taken where nothing else is.
fs::path weights_in(const fs::path& folder) {
  const std::string stem = "diffusion_pytorch_model";
  std::error_code error;
  for (const char* ending : {".safetensors", ".safetensors.index.json", ".fp16.safetensors",
                             ".safetensors.index.fp16.json", ".fp16.safetensors.index.json"}) {
    if (fs::exists(folder / (stem + ending), error)) return folder / (stem + ending);
  }
  throw FileError(folder.string() + ": has no " + stem + ".safetensors, nor one in pieces or of variant fp16" +
                  (fs::exists(folder / (stem + ".bin"), error)
                       ? "; its .bin is a pickle, which can run any code and is never read: convert it to .safetensors"
                       : ""));
}

/// What the program brings along lies beside the model that it brings along.
constexpr std::string_view kEmbeddedCanny = "embedded-canny";

fs::path place_of(const std::string& name, const ModelPlaces& places) {
  std::error_code error;
  if (name == kEmbeddedCanny) {
    const fs::path folder = places.embedded.parent_path() / "controlnet-canny";
    if (fs::is_directory(folder, error)) return folder;
    throw FileError(folder.string() + ": there is no embedded ControlNet here; give one of your own: a folder in " +
                    "diffusers' layout, a .safetensors file or a hub id");
  }
  if (!fs::exists(base::with_home(name), error) && name != "embedded" && !HubId::parse(name) &&
      std::ranges::count(name, '/') < 2)
    throw FileError(name +
                    ": there is no such folder or file, and it is not a hub id, which is organisation/name: give a "
                    "folder in diffusers' layout, a .safetensors file, a hub id, or embedded-canny" +
                    base::did_you_mean(name, {std::string(kEmbeddedCanny)}));
  const bool beyond = std::ranges::count(name, '/') > 1 && !fs::exists(name, error);
  const fs::path place = beyond ? locate_weights(name, places) : locate_model(name, places);
  if (!fs::is_directory(place, error) || fs::exists(place / "config.json", error)) return place;
  if (fs::exists(place / "model_index.json", error))
    throw FileError(place.string() + ": is a whole model, not a ControlNet, whose folder has a config.json" +
                    (name == "embedded" ? "; the one that is embedded, too, is embedded-canny" : ""));
  return locate_weights(place.string(), places);
}

}  // namespace

NetworkFiles find_controlnet(const std::string& name, const ModelPlaces& places, const NetworkFiles* unet) {
  const fs::path place = place_of(name, places);
  NetworkFiles files;
  if (std::error_code error; fs::is_directory(place, error)) {
    files.config_file = place / "config.json";
    files.weights = weights_in(place);
    return files;
  }
  const LoneControlNet lone(place);
  nlohmann::json like;
  if (unet != nullptr)
    like = tensors::parse_object(
        unet->config_text.empty() ? tensors::config_file_text(unet->config_file) : unet->config_text,
        unet->config_file.string());
  files.weights = place;
  files.layout = lone.layout();
  files.config_file = place.string() + " (as its shapes say)";
  files.config_text = lone.config(unet != nullptr ? &like : nullptr);
  return files;
}

}  // namespace models
