// SPDX-License-Identifier: MIT
// A checkpoint in one file, in the layout of Stability AI's own code.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/files/checkpoint_claims.h"
#include "models/files/file_kinds.h"
#include "models/files/model_files.h"
#include "models/files/model_files_known.h"
#include "models/files/model_files_vocabulary.h"
#include "tensors/npz.h"

namespace models {
namespace {

namespace fs = std::filesystem;
using tensors::FileError;
using tensors::SafetensorsFile;

constexpr const char* kUnetStart = "model.diffusion_model.input_blocks.0.0.weight";
constexpr std::int64_t kLayersPerBlock = 2, kVaeLevels = 4;  // of all that are known
constexpr std::int64_t kPixelsPerCell = 8;
constexpr int kSide2 = 96, kSide2Base = 64;  // cells of Stable Diffusion 2 and of 2-base

/// Stable Diffusion 2-base has the shapes of 2 and predicts epsilon. Their last normalised activations tell them apart:
/// these biases spread by 0.1 or more where velocities were learned, and by less otherwise. ComfyUI and others go by
/// it, too.
bool looks_like_base2(const SafetensorsFile& file) {
  constexpr double kSpread = 0.09;
  const auto* const entry = file.find("model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias");
  if (entry == nullptr || !at::isFloatingType(entry->dtype)) return false;
  return file.tensor(*entry).to(at::kDouble).std(/*unbiased=*/false).item<double>() <= kSpread;
}

/// What a file that is not a checkpoint seems to be instead.
std::string guess(const SafetensorsFile& file) {
  const std::string what = seems_to_be(file);
  return what.empty() ? "only checkpoints of Stable Diffusion 1.x, 2.x and XL in the original layout are supported"
                      : what;
}

const KnownCheckpoint& recognise(const SafetensorsFile& file) {
  const auto* start = file.find(kUnetStart);
  if (start == nullptr || start->shape.size() != 4)
    throw FileError(file.path().string() + ": has no " + kUnetStart + ": " + guess(file));
  std::int64_t context = 0, depth = 0;
  for (const auto& entry : file.entries()) {
    if (entry.name.starts_with("model.diffusion_model.") && entry.name.ends_with(".attn2.to_k.weight") &&
        entry.shape.size() == 2)
      context = entry.shape[1];
    if (entry.name.starts_with("model.diffusion_model.middle_block.1.") && entry.name.ends_with(".attn2.to_k.weight"))
      ++depth;
  }
  for (const KnownCheckpoint& known : known_checkpoints()) {
    const auto config = nlohmann::json::parse(known.networks.front().config);
    const auto depths = config.value("transformer_layers_per_block", nlohmann::json(1));
    if (known.channels == start->shape[0] && known.cross_attention_dim == context &&
        depth == (depths.is_array() ? depths.back() : depths).get<std::int64_t>())
      return known;
  }
  throw FileError(
      file.path().string() + ": is a UNet of " + std::to_string(start->shape[0]) + " channels over texts " +
      std::to_string(context) + " wide, with " + std::to_string(depth) +
      " transformer blocks in the middle: none of Stable Diffusion 1.x, 2.x, XL base and its refiner; give " +
      "the model's folder in diffusers' layout, whose configs say what it is");
}

class Checkpoint final : public ModelFiles {
 public:
  Checkpoint(fs::path path, ModelPlaces places)
      : path_(std::move(path)), places_(std::move(places)), file_(path_), known_(recognise(file_)) {
    check_claims(file_, std::string(known_.name));
  }

  const fs::path& place() const override { return path_; }
  const std::string& pipeline() const override { return pipeline_; }
  bool has(const std::string& part) const override {
    const bool first = part == "tokenizer", second = part == "tokenizer_2";
    if (first || second) return find(second ? "text_encoder_2" : "text_encoder") != nullptr;
    return part == "scheduler" || find(part) != nullptr;
  }
  bool force_zeros_for_empty_prompt() const override { return known_.force_zeros_for_empty_prompt; }
  bool requires_aesthetics_score() const override { return known_.requires_aesthetics_score; }
  std::vector<fs::path> files() const override {
    std::vector<fs::path> all{path_};
    if (const auto config = config_of_checkpoint(path_)) all.push_back(*config);
    return all;
  }

  NetworkFiles network(const std::string& part) const override {
    const KnownNetwork& known = require(part);
    if (std::ranges::none_of(file_.entries(), [&](const auto& entry) { return entry.name.starts_with(known.prefix); }))
      throw FileError(path_.string() + ": has no tensors " + std::string(known.prefix) + "…: this " +
                      std::string(known_.name) + " checkpoint came without its " + part);
    return {path_, layout_of(known), name("config.json of its " + part), config(known)};
  }

  TokenizerFolder tokenizer(const std::string& part) const override {
    const std::string encoder = part == "tokenizer_2" ? "text_encoder_2" : "text_encoder";
    // OpenCLIP's texts are padded with zeros, which is what "!" is.
    const bool zeros = require(encoder).names == KnownNetwork::Names::kOpenClip;
    return {find_vocabulary(path_, places_), zeros ? "!" : "<|endoftext|>"};
  }

  ConfigText scheduler(const std::set<std::string>& given) const override {
    auto config = nlohmann::json::parse(known_.scheduler);
    if (!given.contains("prediction_type")) config["prediction_type"] = prediction_type();
    if (!given.contains("rescale_betas_zero_snr")) {
      if (const auto zero = claimed_zero_terminal_snr(file_)) config["rescale_betas_zero_snr"] = *zero;
    }
    return {config.dump(), name("scheduler_config.json")};
  }

 private:
  /// For messages: the text is the program's own and yet about this file.
  std::string name(const std::string& what) const {
    return path_.string() + " (" + std::string(known_.name) + "'s " + what + ")";
  }
  const KnownNetwork* find(const std::string& part) const {
    const auto found = std::ranges::find(known_.networks, part, &KnownNetwork::part);
    return found == known_.networks.end() ? nullptr : &*found;
  }
  const KnownNetwork& require(const std::string& part) const {
    if (const KnownNetwork* known = find(part)) return *known;
    throw FileError(path_.string() + ": is " + std::string(known_.name) + ", which has no " + part);
  }

  /// What the file says, else what the family's models predict, of which Stable Diffusion 2 has both.
  std::string prediction_type() const {
    if (const auto claimed = claimed_prediction_type(file_)) return *claimed;
    const auto usual = nlohmann::json::parse(known_.scheduler)["prediction_type"].get<std::string>();
    return usual == "v_prediction" && looks_like_base2(file_) ? "epsilon" : usual;
  }

  std::string config(const KnownNetwork& known) const {
    auto config = nlohmann::json::parse(known.config);
    if (known.part != "unet") return config.dump();
    // Inpainting models take more than latents in.
    config["in_channels"] = file_.find(kUnetStart)->shape[1];
    if (const auto side = claimed_side(file_)) config["sample_size"] = *side / kPixelsPerCell;
    else if (config["sample_size"] == kSide2 && looks_like_base2(file_)) config["sample_size"] = kSide2Base;
    return config.dump();
  }

  fs::path path_;
  ModelPlaces places_;
  SafetensorsFile file_;
  const KnownCheckpoint& known_;
  std::string pipeline_{known_.pipeline};
};

}  // namespace

WeightLayout layout_of(const KnownNetwork& known) {
  const std::string prefix(known.prefix);
  switch (known.names) {
    case KnownNetwork::Names::kUnet:
      return {prefix, [](const std::string& name) { return original_unet_keys(name, kLayersPerBlock); }};
    case KnownNetwork::Names::kVae:
      return {prefix, [](const std::string& name) { return original_vae_keys(name, kVaeLevels); }, {".loss."}};
    case KnownNetwork::Names::kClip:
      return {prefix, original_clip_keys, {"position_ids", "logit_scale", "text_projection"}};
    case KnownNetwork::Names::kOpenClip:
      break;
  }
  // Stable Diffusion 2 has no use for the last layer, nor for the projection.
  std::vector<std::string> ignored{"logit_scale", "attn_mask"};
  if (known.part == "text_encoder") ignored.insert(ignored.end(), {"resblocks.23.", "text_projection"});
  return {prefix, open_clip_keys, std::move(ignored)};
}

std::unique_ptr<const ModelFiles> open_checkpoint(const fs::path& file, const ModelPlaces& places) {
  return std::make_unique<const Checkpoint>(file, places);
}

}  // namespace models
