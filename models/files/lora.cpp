// SPDX-License-Identifier: MIT
#include "models/files/lora.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/files/lora_names.h"
#include "models/files/original_keys.h"
#include "tensors/npz.h"
#include "tensors/safetensors.h"

namespace models {
namespace {

using tensors::FileError;
using tensors::in_quotes;
using tensors::SafetensorsFile;
using Role = LoraTensor::Role;

/// Other ways to change weights a little, by what their tensors' names have in them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kOthers{
    {{".hada_", "a LoHa"},
     {".lokr_", "a LoKr"},
     {".dora_scale", "a DoRA"},
     {".lora_magnitude_vector", "a DoRA"},
     {".lora_mid.", "a LoCon with a Tucker decomposition"},
     {".oft_", "an OFT"},
     {".on_input", "an (IA)³"},
     {".diff", "a full difference"},
     {"bundle_emb.", "a LoRA with textual inversion in it"}}};

[[noreturn]] void fail_unknown(const SafetensorsFile& file, const std::string& name) {
  for (const auto& [part, what] : kOthers) {
    if (name.find(part) != std::string::npos)
      throw FileError(file.path().string() + ": " + in_quotes(name) + ": this is " + std::string(what) +
                      ", which is not supported: LoRA and LoCon are");
  }
  throw FileError(file.path().string() + ": " + in_quotes(name) +
                  " is not a part of a LoRA that kohya's trainers, diffusers or PEFT would write");
}

std::string shape_of(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

/// Since 0.34 diffusers writes PEFT's settings beside the tensors: alpha is there and nowhere else.
std::map<std::string, double> alphas_in_metadata(const SafetensorsFile& file) {
  std::map<std::string, double> alphas;
  const auto found = file.metadata().find("lora_adapter_metadata");
  if (found == file.metadata().end()) return alphas;
  const auto json = nlohmann::json::parse(found->second, nullptr, false);
  const std::string what = file.path().string() + ": lora_adapter_metadata";
  if (!json.is_object()) throw FileError(what + " is not a JSON object");
  for (const auto& [key, value] : json.items()) {
    const bool on = value.is_boolean() ? value.get<bool>() : value.is_object() && !value.empty();
    if (on && (key.ends_with("use_rslora") || key.ends_with("use_dora") || key.ends_with("alpha_pattern")))
      throw FileError(what + ": " + key + " is not supported");
    if (key.ends_with(".lora_alpha") && value.is_number()) alphas[key.substr(0, key.size() - 11)] = value.get<double>();
  }
  return alphas;
}

/// Of the right dimensions, rank for rank.
void check(const Lora::Module& module, const std::string& file) {
  const auto fail = [&](const std::string& what) {
    throw FileError(file + ": " + in_quotes(module.name) + " " + what);
  };
  if (!module.down.defined() || !module.up.defined())
    fail(std::string("has no ") + (module.down.defined() ? "up" : "down") + " half");
  const at::Tensor &down = module.down, &up = module.up;
  const bool linear = down.dim() == 2 && up.dim() == 2, convolution = down.dim() == 4 && up.dim() == 4;
  if (!(linear || (convolution && up.size(2) == 1 && up.size(3) == 1)) || down.size(0) != up.size(1) ||
      down.size(0) == 0)
    fail("has halves that do not go together: down " + shape_of(down) + ", up " + shape_of(up));
  if (!at::isFloatingType(down.scalar_type()) || !at::isFloatingType(up.scalar_type()))
    fail("is not of floating point");
}

}  // namespace

Lora Lora::read(const std::filesystem::path& path, const std::set<std::string>& networks) {
  const SafetensorsFile file(path);
  const std::map<std::string, double> alphas = alphas_in_metadata(file);
  std::map<const Module*, double> own_alphas;
  Lora lora;
  lora.path_ = path;
  for (const tensors::SafetensorsEntry& entry : file.entries()) {
    const auto parsed = parse_lora_name(entry.name);
    if (!parsed) fail_unknown(file, entry.name);
    if (!networks.contains(parsed->network))
      throw FileError(path.string() + ": " + in_quotes(entry.name) + " is for a " + parsed->network +
                      ", which this model has not: the LoRA is for another model");
    Module& module = lora.networks_[parsed->network][parsed->layer];
    if (parsed->role == Role::kAlpha) {
      const at::Tensor alpha = file.tensor(entry);
      if (alpha.numel() != 1) throw FileError(path.string() + ": " + in_quotes(entry.name) + " is not one number");
      own_alphas[&module] = alpha.to(at::kDouble).item<double>();
      continue;
    }
    module.name = entry.name;
    at::Tensor& half = parsed->role == Role::kDown ? module.down : module.up;
    if (half.defined())
      throw FileError(path.string() + ": " + in_quotes(entry.name) + " is there under another name, too");
    half = file.tensor(entry);
  }
  if (lora.networks_.empty()) throw FileError(path.string() + ": has no tensors");
  for (auto& [network, modules] : lora.networks_) {
    for (auto& [layer, module] : modules) {
      if (module.name.empty()) module.name = layer;
      check(module, path.string());
      const auto own = own_alphas.find(&module);
      const auto common = alphas.find(network);
      module.alpha = own != own_alphas.end()  ? own->second
                     : common != alphas.end() ? common->second
                                              : static_cast<double>(module.down.size(0));
    }
  }
  return lora;
}

const std::map<std::string, Lora::Module>& Lora::modules(const std::string& network) const {
  static const std::map<std::string, Module> none;
  const auto found = networks_.find(network);
  return found == networks_.end() ? none : found->second;
}

std::string Lora::trained_for() const {
  for (const auto& [layer, module] : modules("unet")) {
    if (!layer.ends_with("attn2_to_k")) continue;
    switch (module.down.size(1)) {
      case 768:
        return "Stable Diffusion 1.x";
      case 1024:
        return "Stable Diffusion 2.x";
      case 1280:
        return "the SDXL refiner";
      case 2048:
        return "SDXL";
    }
  }
  return {};
}

LoraSource::LoraSource(ParameterSource& base, const Lora& lora, const std::string& network, double scale,
                       std::int64_t layers_per_block)
    : base_(base),
      lora_(lora),
      modules_(lora.modules(network)),
      network_(network),
      scale_(scale),
      layers_per_block_(layers_per_block) {}

const Lora::Module* LoraSource::find(const std::string& layer) {
  std::vector<std::string> names{underscored(layer)};
  if (network_ == "unet") {
    for (const Origin& origin : original_unet_keys(layer + ".", layers_per_block_))
      names.push_back(underscored(origin.key.substr(0, origin.key.size() - 1)));
  }
  for (const std::string& name : names) {
    const auto found = modules_.find(name);
    if (found == modules_.end()) continue;
    used_.insert(name);
    return &found->second;
  }
  return nullptr;
}

at::Tensor LoraSource::get(const std::string& name, at::IntArrayRef shape) {
  const at::Tensor base = base_.get(name, shape);
  constexpr std::string_view kWeight = ".weight";
  if (!name.ends_with(kWeight)) return base;
  const Lora::Module* module = find(name.substr(0, name.size() - kWeight.size()));
  if (module == nullptr || scale_ == 0) return base;
  const std::int64_t in = module->down.numel() / module->down.size(0);
  const bool same_kernel =
      shape.size() < 4 || module->down.dim() < 4 || shape.slice(2) == module->down.sizes().slice(2);
  if (shape.size() >= 2 && module->up.size(0) == shape[0] && in == base.numel() / shape[0] && same_kernel)
    return fused(base, *module);
  std::ostringstream expected;
  expected << shape;
  const std::string model = lora_.trained_for();
  throw FileError(lora_.path().string() + ": " + in_quotes(module->name) + " changes a weight of [" +
                  std::to_string(module->up.size(0)) + ", " + std::to_string(in) + "], but " + name + " is " +
                  expected.str() + ": the LoRA is for another model" +
                  (model.empty() ? "" : ", it seems for " + model));
}

at::Tensor LoraSource::fused(const at::Tensor& base, const Lora::Module& module) const {
  const auto matrix = [&](const at::Tensor& half) { return half.to(base.device()).to(at::kFloat).flatten(1); };
  const double strength = scale_ * module.alpha / static_cast<double>(module.down.size(0));
  const at::Tensor weight = base.to(at::kFloat).flatten(1);
  return at::addmm(weight, matrix(module.up), matrix(module.down), 1, strength)
      .view(base.sizes())
      .to(base.scalar_type());
}

void LoraSource::finish() const {
  std::string names;
  std::size_t count = 0;
  for (const auto& [layer, module] : modules_) {
    if (!used_.contains(layer) && ++count <= 3) names += (names.empty() ? "" : ", ") + in_quotes(module.name);
  }
  if (count == 0) return;
  const std::string model = lora_.trained_for();
  throw FileError(lora_.path().string() + ": " + std::to_string(count) + " of its " + std::to_string(modules_.size()) +
                  " modules for the " + network_ + " find no layer in this model: " + names + (count > 3 ? ", …" : "") +
                  ": the LoRA is for another model" + (model.empty() ? "" : ", it seems for " + model));
}

}  // namespace models
