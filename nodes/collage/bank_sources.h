// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nodes/collage/encode_sources.h"
#include "nodes/collage/latent_cache.h"

/// The sources of patch-bank: latent files that are read and held against a model, pictures that are encoded once.
namespace nodes {

/// Reads all latent files of a path (matching::find_latent_files). Throws std::runtime_error that names each which
/// cannot be used.
std::vector<matching::SourceLatent> read_sources(const std::string& path);

/// Throws std::runtime_error that names the sources which a denoiser of this autoencoder would take for noise: another
/// count of channels, another scaling factor.
void check_fit(const std::vector<matching::SourceLatent>& sources, const SourceVae& vae);

/// What is to be said of sources that another autoencoder encoded: by the weights where the file says which, else by
/// the id. "" when there are none.
std::string note_of_other_vae(const std::vector<matching::SourceLatent>& sources, const SourceVae& vae);

/// What is to be said of pictures that are not where the sources say. "" when there are none.
std::string note_of_missing_pictures(const std::vector<matching::SourceLatent>& sources);

/// A picture's latents from the cache, or encoded and kept there. `complain` is told when they cannot be kept.
matching::SourceLatent encode_once(const SourceEncoder& encoder, const std::optional<LatentCache>& cache,
                                   const std::string& picture, const std::function<void(const std::string&)>& complain);

}  // namespace nodes
