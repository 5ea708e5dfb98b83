// SPDX-License-Identifier: MIT
#include "models/files/lora.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "models/files/file_kinds.h"
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
constexpr auto kOthers = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{".hada_", "a LoHa"},
     {".lokr_", "a LoKr"},
     {".dora_scale", "a DoRA"},
     {".lora_magnitude_vector", "a DoRA"},
     {".oft_", "an OFT"},
     {".ia3_l", "an (IA)³ of PEFT's"},
     {"bundle_emb.", "a LoRA with textual inversion in it"},
     {"double_blocks", "a LoRA for Flux"},
     {"single_transformer_blocks", "a LoRA for Flux"},
     {"lora_te3_", "a LoRA for Stable Diffusion 3"},
     {"joint_blocks", "a LoRA for Stable Diffusion 3"},
     {"set_weight", "a difference that replaces weights"},
     {"lora_controlnet", "a Control-LoRA"}});

[[noreturn]] void fail_unknown(const SafetensorsFile& file, const std::string& name) {
  for (const auto& [part, what] : kOthers) {
    if (name.find(part) != std::string::npos)
      throw FileError(file.path().string() + ": " + in_quotes(name) + ": this is " + std::string(what) +
                      ", which is not supported: LoRA, LoCon and (IA)³ are");
  }
  if (const std::string what = seems_to_be(file); !what.empty() && what.find("LoRA") == std::string::npos)
    throw FileError(file.path().string() + ": is not a LoRA: " + what);
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

std::string rank_text(const Lora::Module& module) {
  return "down " + shape_of(module.down) + (module.mid.defined() ? ", mid " + shape_of(module.mid) : "") + ", up " +
         shape_of(module.up);
}

bool is_pointwise(const at::Tensor& half) {
  return half.dim() == 2 || (half.dim() == 4 && half.size(2) == 1 && half.size(3) == 1);
}

/// Whether the halves, and what is between them, go together rank for rank.
bool go_together(const Lora::Module& module) {
  const at::Tensor &down = module.down, &up = module.up, &mid = module.mid;
  if ((down.dim() != 2 && down.dim() != 4) || !is_pointwise(up) || down.size(0) == 0) return false;
  if (!mid.defined()) return down.dim() == up.dim() && down.size(0) == up.size(1);
  return mid.dim() == 4 && is_pointwise(down) && mid.size(1) == down.size(0) && mid.size(0) == up.size(1);
}

/// Whole, of the right dimensions, and of one kind.
void check(const Lora::Module& module, bool has_input_flag, const std::string& file) {
  const auto fail = [&](const std::string& what) {
    throw FileError(file + ": " + in_quotes(module.name) + " " + what);
  };
  for (const at::Tensor* part : {&module.down, &module.up, &module.mid, &module.factor, &module.weight, &module.bias}) {
    if (part->defined() && !at::isFloatingType(part->scalar_type())) fail("is not of floating point");
  }
  if (module.factor.defined() != has_input_flag)
    fail(has_input_flag ? "has no factors of an (IA)³ beside its on_input"
                        : "is not a part of a LoRA, nor of an (IA)³, which has an on_input beside it");
  if (module.factor.defined() && module.factor.numel() != module.factor.size(0)) fail("is not one row of factors");
  const bool low_rank = module.down.defined() || module.up.defined() || module.mid.defined();
  if (!low_rank && (module.factor.defined() || module.weight.defined() || module.bias.defined())) return;
  if (!module.down.defined() || !module.up.defined())
    fail(std::string("has no ") + (module.down.defined() ? "up" : "down") + " half");
  if (!go_together(module)) fail("has halves that do not go together: " + rank_text(module));
}

/// What is read of a module besides its tensors.
struct Numbers {
  std::optional<double> alpha{};
  std::optional<bool> on_input{};
};

double number_of(const SafetensorsFile& file, const tensors::SafetensorsEntry& entry) {
  const at::Tensor tensor = file.tensor(entry);
  if (tensor.numel() != 1) throw FileError(file.path().string() + ": " + in_quotes(entry.name) + " is not one number");
  return tensor.to(at::kDouble).item<double>();
}

at::Tensor& part_of(Lora::Module& module, Role role) {
  switch (role) {
    case Role::kDown:
      return module.down;
    case Role::kUp:
      return module.up;
    case Role::kMid:
      return module.mid;
    case Role::kFactor:
      return module.factor;
    case Role::kWeight:
      return module.weight;
    default:
      return module.bias;
  }
}

/// Takes one tensor of the file into its module.
void take(const SafetensorsFile& file, const tensors::SafetensorsEntry& entry, Role role, Lora::Module& module,
          Numbers& numbers) {
  if (role == Role::kAlpha) numbers.alpha = number_of(file, entry);
  else if (role == Role::kOnInput) numbers.on_input = number_of(file, entry) != 0;
  if (role == Role::kAlpha || role == Role::kOnInput) return;
  module.name = entry.name;
  at::Tensor& part = part_of(module, role);
  if (part.defined())
    throw FileError(file.path().string() + ": " + in_quotes(entry.name) + " is there under another name, too");
  part = file.tensor(entry);
}

}  // namespace

Lora Lora::read(const std::filesystem::path& path, const std::set<std::string>& networks) {
  const SafetensorsFile file(path);
  const std::map<std::string, double> alphas = alphas_in_metadata(file);
  std::map<const Module*, Numbers> numbers;
  Lora lora;
  lora.path_ = path;
  for (const tensors::SafetensorsEntry& entry : file.entries()) {
    const auto parsed = parse_lora_name(entry.name);
    if (!parsed) fail_unknown(file, entry.name);
    if (!networks.contains(parsed->network))
      throw FileError(path.string() + ": " + in_quotes(entry.name) + " is for a " + parsed->network +
                      ", which this model has not: the LoRA is for another model");
    Module& module = lora.networks_[parsed->network][parsed->layer];
    take(file, entry, parsed->role, module, numbers[&module]);
  }
  if (lora.networks_.empty()) throw FileError(path.string() + ": has no tensors");
  for (auto& [network, modules] : lora.networks_) {
    const auto common = alphas.find(network);
    for (auto& [layer, module] : modules) {
      if (module.name.empty()) module.name = layer;
      const Numbers& own = numbers[&module];
      check(module, own.on_input.has_value(), path.string());
      module.on_input = own.on_input.value_or(false);
      if (!module.down.defined()) continue;
      const auto rank = static_cast<double>(module.down.size(0));
      module.alpha = own.alpha.value_or(common != alphas.end() ? common->second : rank);
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
    if (!layer.ends_with("attn2_to_k") || !module.down.defined()) continue;
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

const Lora::Module* LoraSource::find(const std::string& layer, const std::string& part) {
  std::vector<std::string> names{underscored(layer)};
  if (network_ == "unet") {
    for (const Origin& origin : original_unet_keys(layer + ".", layers_per_block_))
      names.push_back(underscored(origin.key.substr(0, origin.key.size() - 1)));
  }
  for (const std::string& name : names) {
    const auto found = modules_.find(name);
    if (found == modules_.end()) continue;
    used_.insert(name + part);
    return &found->second;
  }
  return nullptr;
}

bool LoraSource::fits(const Lora::Module& module, at::IntArrayRef shape) const {
  const std::int64_t columns = shape.empty() ? 0 : c10::multiply_integers(shape.slice(1));
  if (module.weight.defined() && module.weight.numel() != c10::multiply_integers(shape)) return false;
  if (module.factor.defined() && (shape.size() < 2 || module.factor.numel() != shape[module.on_input ? 1 : 0]))
    return false;
  if (!module.down.defined()) return true;
  const bool tucker = module.mid.defined();
  const std::int64_t kernel = tucker ? module.mid.numel() / (module.mid.size(0) * module.mid.size(1)) : 1;
  const at::IntArrayRef sizes = tucker ? module.mid.sizes() : module.down.sizes();
  const bool same_kernel = shape.size() < 4 || sizes.size() < 4 || shape.slice(2) == sizes.slice(2);
  return shape.size() >= 2 && module.up.size(0) == shape[0] &&
         module.down.numel() / module.down.size(0) * kernel == columns && same_kernel;
}

at::Tensor LoraSource::get(const std::string& name, at::IntArrayRef shape) {
  const at::Tensor base = base_.get(name, shape);
  const std::size_t dot = name.rfind('.');
  const std::string part = dot == std::string::npos ? "" : name.substr(dot);
  if (part != ".weight" && part != ".bias") return base;
  const Lora::Module* module = find(name.substr(0, dot), part);
  if (module == nullptr || scale_ == 0) return base;
  if (part == ".bias") return with_bias(base, name, *module);
  if (!module->changes_weight()) return base;
  if (fits(*module, shape)) return fused(base, *module);
  std::ostringstream expected, changed;
  expected << shape;
  if (module->down.defined())
    changed << "[" << module->up.size(0) << ", " << module->down.numel() / module->down.size(0) << "]";
  else changed << (module->weight.defined() ? module->weight : module->factor).sizes();
  const std::string model = lora_.trained_for();
  throw FileError(lora_.path().string() + ": " + in_quotes(module->name) + " changes a weight of " + changed.str() +
                  ", but " + name + " is " + expected.str() + ": the LoRA is for another model" +
                  (model.empty() ? "" : ", it seems for " + model));
}

at::Tensor LoraSource::with_bias(const at::Tensor& base, const std::string& name, const Lora::Module& module) const {
  if (!module.bias.defined()) return base;
  if (module.bias.numel() != base.numel())
    throw FileError(lora_.path().string() + ": " + in_quotes(module.name) + " changes a bias of " +
                    shape_of(module.bias) + ", but " + name + " is " + shape_of(base) +
                    ": the LoRA is for another model");
  const at::Tensor change = module.bias.to(base.device()).to(at::kFloat).view(base.sizes());
  return (base.to(at::kFloat) + change * scale_).to(base.scalar_type());
}

at::Tensor LoraSource::fused(const at::Tensor& base, const Lora::Module& module) const {
  const auto here = [&](const at::Tensor& part) { return part.to(base.device()).to(at::kFloat); };
  at::Tensor weight = base.to(at::kFloat);
  if (module.factor.defined()) {
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(base.dim()), 1);
    sizes[module.on_input ? 1 : 0] = -1;
    weight = weight + weight * (here(module.factor).view(sizes) * scale_);
  }
  if (module.weight.defined()) weight = weight + here(module.weight).view(base.sizes()) * scale_;
  if (!module.down.defined()) return weight.to(base.scalar_type());
  const double strength = scale_ * module.alpha / static_cast<double>(module.down.size(0));
  at::Tensor down = here(module.down).flatten(1);
  if (module.mid.defined()) {
    // (p, q, k, k) with (q, in): (p, in, k, k).
    const at::Tensor mid = here(module.mid);
    down = at::matmul(mid.permute({0, 2, 3, 1}), down).permute({0, 3, 1, 2}).flatten(1);
  }
  return at::addmm(weight.flatten(1), here(module.up).flatten(1), down, 1, strength)
      .view(base.sizes())
      .to(base.scalar_type());
}

void LoraSource::finish() const {
  std::string names;
  std::size_t count = 0;
  for (const auto& [layer, module] : modules_) {
    const bool used = (!module.changes_weight() || used_.contains(layer + ".weight")) &&
                      (!module.bias.defined() || used_.contains(layer + ".bias"));
    if (!used && ++count <= 3) names += (names.empty() ? "" : ", ") + in_quotes(module.name);
  }
  if (count == 0) return;
  const std::string model = lora_.trained_for();
  throw FileError(lora_.path().string() + ": " + std::to_string(count) + " of its " + std::to_string(modules_.size()) +
                  " modules for the " + network_ + " find no layer in this model: " + names + (count > 3 ? ", …" : "") +
                  ": the LoRA is for another model" + (model.empty() ? "" : ", it seems for " + model));
}

}  // namespace models
