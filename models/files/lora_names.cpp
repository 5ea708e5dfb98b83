// SPDX-License-Identifier: MIT
#include "models/files/lora_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace models {
namespace {

using Role = LoraTensor::Role;

/// What names end with, and what that says.
constexpr auto kRoles =
    std::to_array<std::pair<std::string_view, Role>>({{".lora_down.weight", Role::kDown},
                                                      {".lora_up.weight", Role::kUp},
                                                      {".lora_mid.weight", Role::kMid},
                                                      {".lora_linear_layer.down.weight", Role::kDown},
                                                      {".lora_linear_layer.up.weight", Role::kUp},
                                                      {".lora_A.weight", Role::kDown},
                                                      {".lora_B.weight", Role::kUp},
                                                      {".lora_A.default.weight", Role::kDown},
                                                      {".lora_B.default.weight", Role::kUp},
                                                      {".lora.down.weight", Role::kDown},
                                                      {".lora.up.weight", Role::kUp},
                                                      {".alpha", Role::kAlpha},
                                                      {".on_input", Role::kOnInput},
                                                      {".w_norm", Role::kWeight},
                                                      {".b_norm", Role::kBias},
                                                      {".diff", Role::kWeight},
                                                      {".diff_b", Role::kBias}});
/// What an (IA)³'s factors end with, and much else.
constexpr std::pair<std::string_view, Role> kFactors{".weight", Role::kFactor};

/// What they begin with. kohya's trainers say te where the model has one text encoder.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kNetworks{
    {{"lora_unet_", "unet"},
     {"diffusion_model.", "unet"},
     {"lora_te1_", "text_encoder"},
     {"lora_te2_", "text_encoder_2"},
     {"lora_te_", "text_encoder"},
     {"unet.", "unet"},
     {"text_encoder.", "text_encoder"},
     {"text_encoder_2.", "text_encoder_2"},
     {"base_model.model.unet.", "unet"},
     {"base_model.model.", "unet"}}};

/// Attention of diffusers before 0.22: "attn1.processor.to_q_lora.down.weight", and in text encoders
/// "self_attn.to_q_lora.down.weight".
std::optional<std::pair<std::string, Role>> old_attention(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Role>, 2> kEnds{
      {{"_lora.down.weight", Role::kDown}, {"_lora.up.weight", Role::kUp}}};
  for (const auto& [end, role] : kEnds) {
    if (!name.ends_with(end)) continue;
    name.remove_suffix(end.size());
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    std::string layer(name.substr(0, dot));
    const std::string_view what = name.substr(dot + 1);
    if (!what.starts_with("to_")) return std::nullopt;
    constexpr std::string_view kProcessor = ".processor";
    if (layer.ends_with("self_attn")) return std::pair(layer + "." + std::string(what.substr(3)) + "_proj", role);
    if (layer.ends_with(kProcessor)) layer.resize(layer.size() - kProcessor.size());
    return std::pair(layer + "." + std::string(what) + (what == "to_out" ? ".0" : ""), role);
  }
  return std::nullopt;
}

}  // namespace

std::string underscored(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

std::optional<LoraTensor> parse_lora_name(const std::string& name) {
  std::string layer;
  Role role{};
  const auto* const found = std::ranges::find_if(kRoles, [&](const auto& end) { return name.ends_with(end.first); });
  if (found != kRoles.end()) {
    layer = name.substr(0, name.size() - found->first.size());
    role = found->second;
  } else if (const auto old = old_attention(name)) {
    std::tie(layer, role) = *old;
  } else if (name.starts_with("lora_") && name.ends_with(kFactors.first)) {
    layer = name.substr(0, name.size() - kFactors.first.size());
    role = kFactors.second;
  } else {
    return std::nullopt;
  }
  for (const auto& [start, network] : kNetworks) {
    if (layer.starts_with(start))
      return LoraTensor{std::string(network), underscored(layer.substr(start.size())), role};
  }
  // Of the UNet alone, as diffusers saved it at first.
  for (const char* start : {"down_blocks.", "mid_block.", "up_blocks."}) {
    if (layer.starts_with(start)) return LoraTensor{"unet", underscored(layer), role};
  }
  return std::nullopt;
}

}  // namespace models
