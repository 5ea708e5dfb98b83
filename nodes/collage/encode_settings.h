// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace nodes {

/// How a picture becomes the latents that banks are made of (nodes/collage/encode_sources.h).
struct EncodeSettings {
  int max_width = 0;      ///< px; 0: no limit
  int max_height = 0;     ///< px; 0: no limit
  bool sample = false;    ///< a sample of what the encoder says, and not the mean
  std::int64_t seed = 0;  ///< of the sample's noise, which is the same for all pictures of a size
  int tile = 1536;        ///< px: larger pictures are encoded in tiles; 0: never
};

}  // namespace nodes
