// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/node.h"
#include "nodes/services.h"
#include "nodes/values.h"

/// What the nodes that use a model have in common: properties that mean the same everywhere, and the maths between
/// them.
namespace nodes {

inline constexpr graph::Prop<graph::Path> kModel{
    .name = "model",
    .help =
        "a folder in the diffusers layout, a .safetensors checkpoint, a hub id that is in the Hugging Face cache, or "
        "embedded",
    .value = "embedded"};
inline constexpr graph::Prop<std::string> kLora{
    .name = "lora", .help = "LoRA files, fused into the model: style.safetensors, other.safetensors=0.5", .value = ""};
inline constexpr graph::Prop<graph::Path> kVae{
    .name = "vae", .help = "an autoencoder in the place of the model's own: a folder, a file, a hub id", .value = ""};
inline constexpr graph::Prop<double> kGuidanceScale{
    .name = "guidance_scale",
    .help = "how far from the negative prompt to the prompt, and beyond; 1 and below: the prompt alone",
    .value = 6.5,
    .min = 0,
    .max = 1000};
inline constexpr graph::Prop<double> kGuidanceRescale{
    .name = "guidance_rescale",
    .help = "how far the guided prediction is brought back to the contrast of the prompt's own; 0: not at all",
    .value = 0,
    .min = 0,
    .max = 1};

/// What classifier-free guidance is set to.
struct Guidance {
  double scale = 1, rescale = 0;
};

inline constexpr graph::Prop<int> kTile{
    .name = "tile",
    .help = "pictures with a longer side are coded in overlapping tiles of this size, which bounds memory; 0: never",
    .value = 1536,
    .min = 0,
    .max = 65536,
    .unit = "px"};

/// negative + scale · (prompt − negative) (Ho and Salimans 2022), then `rescale` of the way to the standard deviation
/// that the prompt's own prediction has, picture by picture (Lin et al. 2023, section 3.4); prompt where scale ≤ 1.
at::Tensor guided(const at::Tensor& prompt, const at::Tensor& negative, const Guidance& guidance);

/// One row of a denoiser's batch: latents of its own, at a turn of its own.
struct DenoiserRow {
  const Latents& latents;
  const Conditioning& conditioning;
  const schedulers::Schedule& schedule;
  std::size_t turn;
  bool negative;  ///< whether the prediction without the prompt is wanted, too
};

/// All rows in one call of the network. Predictions are f32; `negative` is undefined where it was not wanted.
std::vector<Predictions> predict(const models::UNet& unet, std::span<const DenoiserRow> rows);

/// Rows may share a call of the network when these are equal.
std::string denoiser_key(const models::Model& model, const Latents& latents, const Conditioning& conditioning);

/// What throws std::runtime_error when latents after a turn hold what is not a number; to be called when the device has
/// done what it was given: see graph::Context::when_done.
std::function<void()> finite_check(const at::Tensor& latents, const schedulers::Schedule& schedule, std::size_t turn);

/// `pixels`, or the side that a model's pictures have where that is 0. Throws what ModelFiles::native_side throws.
int side_of(int pixels, const models::ModelFiles& model);

/// Throws std::invalid_argument naming the nearest sides that will do when `pixels` is not a multiple of 8.
void check_side(const char* name, int pixels);

/// Standard normal noise on `device` from a generator that is advanced.
schedulers::Draw draw_from(tensors::Generator& generator, at::Device device);

/// What an autoencoder computes in.
at::ScalarType dtype_of(const models::Autoencoder& vae);

/// latents.host(); the time that the copy takes, if any, is noted.
at::Tensor host_of(graph::Context& cx, const Latents& latents);

/// A picture as a tensor (1,3,H,W) f32 in [0,1] on the CPU.
at::Tensor to_tensor(const Image& image);
/// A row of (B,3,H,W) in [0,1], on any device, as a picture; values outside are clamped. What is given back makes it
/// when the device has done what it was given: see graph::Context::when_done.
std::function<Image()> to_image_later(const at::Tensor& tensor, std::int64_t row = 0);
/// The same at once, of a tensor that is on the CPU.
inline Image to_image(const at::Tensor& tensor) {
  return to_image_later(tensor)();
}

}  // namespace nodes
