// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "methods/matching/sources.h"
#include "nodes/collage/encode_settings.h"
#include "nodes/services.h"

/// Pictures to the latents that banks are made of: what patch-bank and `decoupage encode` have in common.
namespace nodes {

/// An autoencoder, and what it is called in latent files.
struct SourceVae {
  Network<models::Autoencoder> network;
  std::string id;        ///< its hub id where it has one, else the name of its folder or file
  std::string identity;  ///< models::WeightFiles::identity
  // As the network has them, which need not be in memory to be asked.
  int factor;
  std::int64_t latent_channels;
  double scaling_factor;
  at::ScalarType dtype;
};

/// Throws std::invalid_argument where neither says whose autoencoder it is.
void check(const Services::ModelName& name);

/// Shares the network of `name.model` with other nodes that use that model; reads it alone where only `name.vae` is
/// given. Throws tensors::FileError, and std::invalid_argument when `name` has neither.
SourceVae source_vae(Services& services, const Services::ModelName& name);
/// Reads the network alone, whatever else of the model there is. Throws as above.
SourceVae source_vae_alone(Services& services, const Services::ModelName& name);

/// Throws std::invalid_argument for a limit that leaves less than 8 px.
void check(const EncodeSettings& settings);

/// px of what a picture is encoded as: shrunk to the limits, rounded down, cut down to multiples of `factor`, at least
/// one cell.
cv::Size encoded_size(cv::Size picture, const EncodeSettings& settings, int factor);

/// Encodes pictures one by one, each with a lease of the network. Safe to call from several threads.
class SourceEncoder {
 public:
  SourceEncoder(SourceVae vae, at::Device device, EncodeSettings settings);

  /// Reads the picture, brings it to encoded_size with Pillow's Lanczos, and encodes it; values are rounded to fp16.
  /// `path` and `source_path` of the result are `picture`. Throws std::runtime_error that names it: not to be read,
  /// smaller than a cell, latents that are not numbers.
  matching::SourceLatent encode(const std::string& picture) const;

  /// A name for what encode() makes, the same for the same content, settings, weights and dtype: for caches.
  std::string cache_name(const std::string& picture) const;

  const SourceVae& vae() const { return vae_; }

 private:
  const SourceVae vae_;
  const at::Device device_;
  const EncodeSettings settings_;
};

/// Reads the headers of all pictures. Throws std::runtime_error that names each which cannot be read or has a side of
/// less than `factor` px.
void check_source_pictures(const std::vector<std::string>& pictures, int factor);

/// Throws std::runtime_error when there are complaints: "3 of 40 latent files cannot be used: …; …; …".
void refuse(const std::vector<std::string>& complaints, std::size_t of, const std::string& things);

}  // namespace nodes
