// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tensors/torch.h"

namespace models {

/// A learned word: vectors that stand in a prompt where its token is written.
/// Source: Gal et al. 2022, "An Image is Worth One Word".
struct TextualInversion {
  std::string token;     ///< "<cat-toy>"
  at::Tensor clip_l{};   ///< (n, width) f32 for `text_encoder`; undefined when the file has none
  at::Tensor clip_g{};   ///< (n, width) f32 for `text_encoder_2`, likewise
  std::string source{};  ///< the file, for messages
};

/// Reads an embedding file: SDXL's with `clip_l` and `clip_g` (some trainers: `text_encoders_0` and `_1`), or one of
/// Stable Diffusion 1.x and 2.x with one tensor, under `emb_params` or the token's name. A tensor is (n, width), or
/// (width) for one vector.
///
/// One token stands for all vectors of the file; with several tokens, each stands for one vector. Throws
/// tensors::FileError: no .safetensors, other tensors, other shapes, values that are not finite; as many vectors as
/// tokens when there are several.
std::vector<TextualInversion> read_textual_inversion(const std::filesystem::path& file,
                                                     const std::vector<std::string>& tokens);

}  // namespace models
