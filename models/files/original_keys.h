// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The names that parameters have in files of other layouts than diffusers' own. All functions take a parameter's name
/// in a network of this project, which is diffusers' or transformers', and say where in such a file it may be.
namespace models {

/// A tensor of a file, and what of it is the parameter.
struct Origin {
  std::string key;
  int part = 0, parts = 1;  ///< the part'th of equally many rows (first dimension)
  bool transposed = false;  ///< rows there are columns here
  bool squeezed = false;    ///< a 1×1 convolution (C, C, 1, 1) there is a linear layer (C, C) here
};

/// The places to look at, in this order; the first that is there counts. Empty when the layout knows no such parameter.
using Origins = std::vector<Origin>;

/// UNet2DConditionModel as Stability AI's code names it: input_blocks, middle_block, output_blocks. A block of the
/// network is `layers_per_block` blocks there, and one more where it changes the resolution.
Origins original_unet_keys(const std::string& name, std::int64_t layers_per_block);

/// ControlNetModel as lllyasviel's code names it: a UNet's names, input_hint_block of `hint_convolutions`, zero_convs
/// and middle_block_out.
Origins original_controlnet_keys(const std::string& name, std::int64_t layers_per_block,
                                 std::int64_t hint_convolutions);

/// AutoencoderKL likewise: encoder.down, decoder.up (counted from the finest of `levels`), mid.
Origins original_vae_keys(const std::string& name, std::int64_t levels);

/// CLIPTextModel: transformers' names, below text_model or not.
Origins original_clip_keys(const std::string& name);

/// CLIPTextModel and CLIPTextModelWithProjection as OpenCLIP names them: transformer.resblocks, in which queries, keys
/// and values are one tensor.
Origins open_clip_keys(const std::string& name);

/// AutoencoderKL in diffusers' layout: its own names, and those that its attention had before diffusers 0.17.
Origins diffusers_vae_keys(const std::string& name);

/// Diffusers' and transformers' own names.
Origins same_keys(const std::string& name);

}  // namespace models
