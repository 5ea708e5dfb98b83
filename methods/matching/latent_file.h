// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "methods/matching/sources.h"

/// CollageNet's latent files: an .npz per picture with the arrays
///
///   latent                           (C,h,w) f16, times the autoencoder's scaling factor
///   source_path                      text: of the picture; a relative one counts from the latent file's folder
///   original_width, _height          px, of the picture
///   processed_width, _height         px, of what was encoded: w and h times latent_downsample_factor
///   processed_to_original_scale_x, _y   original / processed; that ratio where absent
///   latent_downsample_factor         px per cell; 8 where absent
///   vae_id, scaling_factor, mode     who encoded it; "", 0.13025 and "mean" where absent
///   vae_identity                     text: what the autoencoder's weights are (XXH3 of them); decoupage's own, may be
///   absent
namespace matching {

/// Reads a latent file. `path` and `source_path` of the result name the file and, from here, the picture, which need
/// not be there. Throws tensors::FileError naming the file and the array: what tensors::read_npz refuses (no zip, an
/// array of Python objects, an unknown dtype), more than 256 MiB, an array missing, of another kind or shape,
/// what is not a number, sizes that do not belong together.
SourceLatent read_latent_file(const std::filesystem::path& path);

/// The bytes of a latent file, the same for the same latent. `source_path` is written as it is.
std::vector<std::byte> latent_file_bytes(const SourceLatent& source);

}  // namespace matching
