// SPDX-License-Identifier: MIT
#include "tools/train_embedded/parameters.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "methods/learning/optimiser.h"
#include "tensors/npz.h"
#include "tensors/safetensors.h"

namespace train_embedded {
namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

/// Weights that are stepped together. In the cache: a dozen operations on vectors that no cache holds would take as
/// long as a tenth of the whole training.
constexpr std::int64_t kPart = 16384;

/// These end a branch that is added to something: from zero they let a deep network start as a shallow one, and a
/// ControlNet as none.
bool ends_branch(const std::string& name) {
  if (name.starts_with("controlnet_down_blocks.") || name.starts_with("controlnet_mid_block.")) return true;
  for (const char* end : {"conv2.weight", "proj_out.weight", "unet.conv_out.weight", "out_proj.weight",
                          "controlnet_cond_embedding.conv_out.weight"})
    if (name.ends_with(end)) return true;
  return false;
}

}  // namespace

at::Tensor Layout::get(const std::string& name, at::IntArrayRef shape) {
  places_.push_back({prefix_ + name, shape.vec(), count_});
  count_ += c10::multiply_integers(shape);
  return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
}

Parameters::Parameters(Layout layout, std::uint64_t seed) : layout_(std::move(layout)) {
  weights_ = at::zeros({layout_.count()}, at::kFloat);
  gradient_ = at::zeros_like(weights_);
  first_ = at::zeros_like(weights_);
  second_ = at::zeros_like(weights_);
  start(seed);
  mean_ = weights_.clone();
}

void Parameters::start(std::uint64_t seed) {
  tensors::Generator generator(static_cast<std::int64_t>(seed));
  for (const Layout::Place& place : layout_.places()) {
    at::Tensor weight = view(weights_, place);
    const bool table = place.name.find("embeddings.") != std::string::npos;
    if (place.shape.size() < 2) {
      weight.fill_(place.name.ends_with("weight") ? 1 : 0);
      continue;
    }
    if (ends_branch(place.name)) continue;
    const double fan_in = static_cast<double>(c10::multiply_integers(at::IntArrayRef(place.shape).slice(1)));
    weight.copy_(generator.randn(place.shape) * (table ? 0.3 : 1 / std::sqrt(fan_in)));
  }
}

/// Convolutions have their channels last, as oneDNN reads them fastest.
at::Tensor Parameters::view(const at::Tensor& flat, const Layout::Place& place) const {
  const auto& shape = place.shape;
  const std::int64_t count = c10::multiply_integers(shape);
  const at::Tensor part = flat.narrow(0, place.offset, count);
  if (shape.size() != 4) return part.view(shape);
  return part.view({shape[0], shape[2], shape[3], shape[1]}).permute({0, 3, 1, 2});
}

at::Tensor Parameters::get(const std::string& name, at::IntArrayRef shape) {
  const auto found = std::ranges::find(layout_.places(), prefix_ + name, &Layout::Place::name);
  if (found == layout_.places().end() || at::IntArrayRef(found->shape) != shape)
    throw std::logic_error(prefix_ + name + " is not in the layout");
  at::Tensor leaf = view(weights_, *found).detach();
  leaf.set_requires_grad(true);
  leaf.mutable_grad() = view(gradient_, *found);
  return leaf;
}

void Parameters::begin_with(const models::ParameterTable& weights) {
  for (const auto& [name, tensor] : weights) {
    const auto found = std::ranges::find(layout_.places(), name, &Layout::Place::name);
    if (found == layout_.places().end()) throw std::logic_error(name + " is not in the layout");
    view(weights_, *found).copy_(tensor);
    view(mean_, *found).copy_(tensor);
  }
}

double Parameters::step(const Step& step) {
  const double norm = gradient_.norm().item<double>();
  ++steps_;
  if (!std::isfinite(norm)) {  // one bad batch must not end hours of work
    gradient_.zero_();
    return norm;
  }
  const double clip = std::min(1.0, step.max_norm / (norm + 1e-6));
  for (const Layout::Place& place : layout_.places()) {
    const std::int64_t end = place.offset + c10::multiply_integers(place.shape);
    for (std::int64_t from = place.offset; from < end; from += kPart)
      step_part(step, clip, from, std::min(kPart, end - from), place.shape.size() >= 2);
  }
  gradient_.zero_();
  return norm;
}

void Parameters::step_part(const Step& step, double clip, std::int64_t from, std::int64_t count, bool decays) {
  const auto part = [&](const at::Tensor& all) { return all.narrow(0, from, count); };
  const learning::Adamw rule(
      {.beta1 = step.beta1, .beta2 = step.beta2, .weight_decay = decays ? step.weight_decay : 0});
  std::vector<at::Tensor> moments{part(first_), part(second_)};
  const at::Tensor weights = rule.step(part(weights_), part(gradient_) * clip, moments, step.learning_rate, steps_);
  part(weights_).copy_(weights);
  part(first_).copy_(moments[0]);
  part(second_).copy_(moments[1]);
  // The mean of few steps: as long as the training itself.
  const double t = static_cast<double>(steps_);
  part(mean_).lerp_(weights, 1 - std::min(step.mean_decay, (1 + t) / (10 + t)));
}

void Parameters::swap_mean() {
  const at::Tensor weights = weights_.clone();
  weights_.copy_(mean_);
  mean_.copy_(weights);
}

void Parameters::save(const std::filesystem::path& file) const {
  tensors::write_safetensors(file, {{"weights", weights_}, {"mean", mean_}, {"first", first_}, {"second", second_}},
                             {{"steps", std::to_string(steps_)}});
}

void Parameters::load(const std::filesystem::path& file) {
  const tensors::SafetensorsFile saved(file);
  for (const auto& [name, target] :
       Named{{"weights", weights_}, {"mean", mean_}, {"first", first_}, {"second", second_}}) {
    const at::Tensor tensor = saved.tensor(name);
    if (tensor.sizes() != target.sizes())
      throw tensors::FileError(file.string() + ": has " + std::to_string(tensor.numel()) +
                               " parameters, the network has " + std::to_string(target.numel()) +
                               "; it is of another config: begin in an empty folder");
    target.copy_(tensor);
  }
  steps_ = std::stoll(saved.metadata().at("steps"));
}

Named Parameters::mean_of(const std::string& prefix) const {
  Named named;
  for (const Layout::Place& place : layout_.places())
    if (place.name.starts_with(prefix))
      named.emplace_back(place.name.substr(prefix.size()), view(mean_, place).contiguous());
  return named;
}

}  // namespace train_embedded
