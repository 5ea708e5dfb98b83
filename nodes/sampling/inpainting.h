// SPDX-License-Identifier: MIT
#pragma once

#include "graph/contract.h"
#include "models/model.h"
#include "nodes/values.h"

/// Inpainting models: denoisers that take a mask and a masked picture beside the latents.
namespace nodes {

inline constexpr std::int64_t kMaskedChannels = 5;  ///< of mask and masked picture
inline constexpr graph::In<Latents> kMasked{
    "masked", "(1,5,h,w) f32 of inpaint-start: mask and masked picture, for inpainting models", true};
inline constexpr graph::Prop<bool> kInpainting{
    .name = "inpainting",
    .help = "the model may be one for inpainting, of 9 channels: then 'masked' is to be linked",
    .value = false,
    .feedable = false};

/// Whether the model's denoiser takes mask and masked picture, told from its config alone. Throws what
/// ModelFiles::network throws.
bool takes_masked(const models::ModelFiles& files);

/// The same for a node: throws std::invalid_argument for an inpainting model where the graph does not say `inpainting`.
bool takes_masked(const models::ModelFiles& files, bool inpainting);

/// What is sent at `masked`, or nothing where the denoiser takes none. Throws std::runtime_error where one is there and
/// the other is not.
at::Tensor masked_of(const Latents* masked, bool takes);

/// A mask at the size of latents (h,w): the pixel at (f·i, f·j) of f × f, as diffusers takes it. (1,1,h,w) f32 on the
/// CPU. Throws std::runtime_error for a mask whose sides are not f times as many pixels.
at::Tensor mask_at(const Mask& mask, std::int64_t height, std::int64_t width);

}  // namespace nodes
