// SPDX-License-Identifier: MIT
#include "nodes/picture_tensors.h"

#include <cstring>

#include "tensors/device.h"

namespace nodes {

at::Tensor to_tensor(const Image& image) {
  const cv::Mat pixels = image.pixels.isContinuous() ? image.pixels : image.pixels.clone();
  const at::Tensor view = at::from_blob(pixels.data, {1, pixels.rows, pixels.cols, 3}, at::TensorOptions(at::kFloat));
  return view.permute({0, 3, 1, 2}).clone(at::MemoryFormat::Contiguous);
}

at::Tensor to_tensor(const Mask& mask) {
  const cv::Mat weights = mask.weights.isContinuous() ? mask.weights : mask.weights.clone();
  return at::from_blob(weights.data, {1, 1, weights.rows, weights.cols}, at::TensorOptions(at::kFloat)).clone();
}

Mask to_mask(const at::Tensor& tensor) {
  const at::Tensor weights = tensor.to(at::kFloat).contiguous();
  cv::Mat mat(static_cast<int>(weights.size(0)), static_cast<int>(weights.size(1)), CV_32FC1);
  std::memcpy(mat.data, weights.data_ptr(), weights.nbytes());
  return {mat};
}

std::function<Image()> to_image_later(const at::Tensor& tensor, std::int64_t row) {
  const at::Tensor pixels = tensor[row].detach().to(at::kFloat).clamp(0, 1).permute({1, 2, 0}).contiguous();
  return [host = tensors::to_host_later(pixels)] {
    cv::Mat mat(static_cast<int>(host.size(0)), static_cast<int>(host.size(1)), CV_32FC3);
    std::memcpy(mat.data, host.data_ptr(), host.nbytes());
    return Image{mat};
  };
}

}  // namespace nodes
