// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tensors/torch.h"

/// CollageNet's matching: regions of a latent are matched against windows of reference latents, blended in, and cut
/// from the pictures that the latents were made of. Knows nothing of the graph.
namespace matching {

/// A picture as an autoencoder knows it, and what relates its cells to the picture's pixels.
struct SourceLatent {
  at::Tensor latent;         ///< (C,h,w) f32 on the CPU, contiguous; values as rounded to fp16
  std::string path;          ///< of the latent file; of the picture where there is no such file
  std::string source_path;   ///< of the picture; need not exist until its pixels are cut
  int original_width = 0;    ///< px, of the picture
  int original_height = 0;   ///< px
  int processed_width = 0;   ///< px, of what was encoded: w · downsample_factor
  int processed_height = 0;  ///< px
  double scale_x = 1;        ///< original / processed
  double scale_y = 1;
  int downsample_factor = 8;        ///< px per cell
  std::string vae_id;               ///< of the autoencoder that encoded it
  std::string vae_identity{};       ///< what its weights are, wherever they lie; empty: not known
  double scaling_factor = 0.13025;  ///< what its latents were multiplied with
  std::string mode = "mean";        ///< mean or sample
};

/// A source as the bank uses it: turned by 90° · rotation counter-clockwise.
struct SourceRecord {
  static constexpr int kRoom = 8;  ///< numbers behind the last of `cells` that may be read

  int source = 0;                               ///< index into Bank::sources
  int rotation = 0;                             ///< 0 … 3
  at::Tensor latent;                            ///< (C,h,w) f32 on the CPU, contiguous, turned
  at::Tensor cells{};                           ///< the same as (h,w,C): a row of a window is a row of numbers
  int original_width = 0, original_height = 0;  ///< px, of the turned picture
  double scale_x = 1, scale_y = 1;              ///< original / processed, of the turned picture
};

/// A window in a picture's pixels; may reach over its edges where a rule says so.
struct Box {
  int left = 0, top = 0, right = 0, bottom = 0;  ///< px; right and bottom are behind the last
};

/// Where a window of cells lies in the (turned) picture: cells · factor · scale, rounded half to even, clamped to the
/// picture; at least one pixel, which lies outside of the picture where the window does (CollageNet's rule).
Box picture_box(const SourceRecord& record, int y, int x, int height, int width, int downsample_factor);

}  // namespace matching
