// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/parameters.h"

namespace models {

/// Small changes to a model's weights. Low-rank ones: W + scale·(alpha/rank)·up·down for each weight that the file has
/// a module for. Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", equation 3; for
/// convolutions as LyCORIS does it (LoCon), where `down` has the kernel and `up` is 1×1, or both are 1×1 and `mid` has
/// it (Tucker).
///
/// Others that such files have: (IA)³, W·(1 + scale·factor) by row or by column (Liu et al. 2022, "Few-Shot
/// Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning", section 3.3), and what is added to
/// a weight or a bias as it is, W + scale·weight, of norms and full differences.
class Lora {
 public:
  /// Of these, a module has `down` and `up`, `factor`, `weight` or `bias`; all of floating point.
  struct Module {
    at::Tensor down{};    ///< (rank, in) or (rank, in, k, k)
    at::Tensor up{};      ///< (out, rank) or (out, rank, 1, 1)
    at::Tensor mid{};     ///< (rank, rank, k, k); undefined but for a Tucker decomposition
    double alpha = 0;     ///< the rank itself where the file has none
    at::Tensor factor{};  ///< (out), or (in) with on_input
    bool on_input = false;
    at::Tensor weight{}, bias{};  ///< of the layer's shapes
    std::string name{};           ///< as the file has it, for messages

    bool changes_weight() const { return down.defined() || factor.defined() || weight.defined(); }
  };

  /// `networks` are those that the model has, of "unet", "text_encoder", "text_encoder_2". Knows the names of kohya's
  /// trainers, with diffusers' blocks or Stability AI's (input_blocks …), and those of diffusers and PEFT, old and new.
  ///
  /// Throws tensors::FileError: no safetensors, a tensor that is not a part of a LoRA (LoHa, LoKr, DoRA and others are
  /// named), half of a module, shapes that do not go together, a network that the model has not.
  static Lora read(const std::filesystem::path& file, const std::set<std::string>& networks);

  const std::filesystem::path& path() const { return path_; }
  /// By name of the layer with '_' for '.', in which all the formats agree: "down_blocks_1_attentions_0_proj_in".
  const std::map<std::string, Module>& modules(const std::string& network) const;
  /// What it was trained for, by the width of the texts that it attends to; empty where it does not show.
  std::string trained_for() const;

 private:
  std::filesystem::path path_;
  std::map<std::string, std::map<std::string, Module>> networks_;
};

/// Another source's parameters with a LoRA fused into them, computed in float32. Parameters that it changes are new
/// tensors; all others are the source's own, which stay as they were, so that another graph can have the same source
/// with another LoRA. Sources may be stacked. To be used by one thread.
class LoraSource final : public ParameterSource {
 public:
  /// `network`: "unet", "text_encoder" or "text_encoder_2". `layers_per_block` is the UNet's, for Stability AI's names.
  /// The source and the LoRA must outlive this.
  LoraSource(ParameterSource& base, const Lora& lora, const std::string& network, double scale,
             std::int64_t layers_per_block = 2);

  /// Throws tensors::FileError when a module does not fit the parameter, and whatever the source throws.
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override;

  /// To be called when the network is built. Throws tensors::FileError when a module found no parameter, which means
  /// that the LoRA is for another model.
  void finish() const;

 private:
  const Lora::Module* find(const std::string& layer, const std::string& part);
  bool fits(const Lora::Module& module, at::IntArrayRef shape) const;
  at::Tensor fused(const at::Tensor& base, const Lora::Module& module) const;
  at::Tensor with_bias(const at::Tensor& base, const std::string& name, const Lora::Module& module) const;

  ParameterSource& base_;
  const Lora& lora_;
  const std::map<std::string, Lora::Module>& modules_;
  const std::string network_;
  const double scale_;
  const std::int64_t layers_per_block_;
  std::set<std::string> used_{};  ///< modules' names, with ".weight" or ".bias"
};

}  // namespace models
