// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <vector>

#include "tensors/torch.h"

namespace train_embedded {

/// Numbers from which scenes are drawn: those of training begin at 0, those that it never sees at this one.
inline constexpr std::uint64_t kUnseen = std::uint64_t{1} << 40;

/// (H,W) CV_32FC3 RGB in [0,1] → (1,3,H,W) f32 in [−1,1], channels last.
at::Tensor to_tensor(const cv::Mat& picture);
/// One of a batch, back; clamped.
cv::Mat to_picture(const at::Tensor& batch, std::int64_t index);

/// 10·log10(1/mean squared error) for pictures in [0,1], of each two of a batch in [−1,1].
double psnr(const at::Tensor& a, const at::Tensor& b);

/// What the autoencoder learns on: scenes, dead leaves and papers, in 8 bits, at full size and at half of it.
class Patches {
 public:
  struct Counts {
    int scenes = 1600;
    int leaves = 400;
  };
  /// `papers`: a folder of pictures, may be empty.
  Patches(const Counts& counts, const std::filesystem::path& papers);
  /// Squares from places drawn from the seed: (count,3,side,side) in [−1,1], channels last.
  at::Tensor batch(int count, int side, std::uint64_t seed) const;

 private:
  std::vector<std::vector<cv::Mat>> pictures_{};  ///< by group: scenes, half scenes, others
};

}  // namespace train_embedded
