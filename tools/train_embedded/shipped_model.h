// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "models/networks/controlnet.h"
#include "tools/train_embedded/denoiser.h"

namespace train_embedded {

/// A model of Stable Diffusion XL's kind in a folder of diffusers' layout, such as assets/model, as everyone reads it:
/// what a ControlNet learns beside, and is judged with. In float32.
class ShippedModel {
 public:
  /// Throws tensors::FileError.
  explicit ShippedModel(const std::filesystem::path& folder);

  const models::UNet& unet() const { return *unet_; }
  const models::Autoencoder& vae() const { return *vae_; }

  Denoiser::Text read(const std::vector<std::string>& texts) const;
  /// Of latents (B,4,h,w) f32 at timesteps (B) f32, one text each.
  models::UNet::Input input(const at::Tensor& latents, const at::Tensor& timesteps, const Denoiser::Text& text) const;

  struct Request {
    std::vector<std::string> texts;   ///< one for each picture
    std::vector<std::int64_t> seeds;  ///< likewise
    at::Tensor hints{};               ///< (B,3,H,W) f32 in [0,1], likewise; undefined: none
    double guidance_scale = 3;
    std::int64_t steps = 12;
  };
  /// Pictures (B,3,side,side) in [−1,1] of the size that the model was made for, by the scheduler that it names. A
  /// hint counts where there is a ControlNet for it.
  at::Tensor draw(const Request& request, const models::ControlNet* controlnet = nullptr) const;

 private:
  const models::Model model_;
  const std::unique_ptr<const models::UNet> unet_;
  const std::unique_ptr<const models::Autoencoder> vae_;
  const std::unique_ptr<const models::PromptEncoder> text_;
};

}  // namespace train_embedded
