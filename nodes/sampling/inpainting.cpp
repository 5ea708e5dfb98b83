// SPDX-License-Identifier: MIT
#include "nodes/sampling/inpainting.h"

#include <stdexcept>

#include "nodes/picture_tensors.h"

namespace nodes {

bool takes_masked(const models::ModelFiles& files) {
  const models::UNetConfig config = models::UNetConfig::read(files.network("unet").config());
  return config.in_channels == config.out_channels + kMaskedChannels;
}

bool takes_masked(const models::ModelFiles& files, bool inpainting) {
  const bool takes = takes_masked(files);
  if (takes && !inpainting)
    throw std::invalid_argument(files.place().string() +
                                ": is a model for inpainting, which takes a mask and a masked picture, too: use "
                                "configs/inpaint.yaml, or link 'masked' and say inpainting: true");
  return takes;
}

at::Tensor masked_of(const Latents* masked, bool takes) {
  if (takes && masked == nullptr)
    throw std::runtime_error("the model is for inpainting: link 'masked' to what inpaint-start sends there");
  if (!takes && masked != nullptr)
    throw std::runtime_error(
        "the model takes latents alone, and something came at 'masked', which is for inpainting models");
  return takes ? masked->tensor : at::Tensor();
}

at::Tensor mask_at(const Mask& mask, std::int64_t height, std::int64_t width) {
  const cv::Mat& weights = mask.weights;
  const std::int64_t factor = weights.rows / height;
  if (factor < 1 || factor * height != weights.rows || factor * width != weights.cols)
    throw std::runtime_error("the mask has " + std::to_string(weights.cols) + " x " + std::to_string(weights.rows) +
                             " px, and the latents " + std::to_string(width) + " x " + std::to_string(height) +
                             " cells: bring it to the size of their picture (shape-mask)");
  return to_tensor(mask).slice(2, 0, weights.rows, factor).slice(3, 0, weights.cols, factor).contiguous();
}

}  // namespace nodes
