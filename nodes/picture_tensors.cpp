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

std::function<Image()> to_image_later(const at::Tensor& tensor, std::int64_t row) {
  const at::Tensor pixels = tensor[row].detach().to(at::kFloat).clamp(0, 1).permute({1, 2, 0}).contiguous();
  return [host = tensors::to_host_later(pixels)] {
    cv::Mat mat(static_cast<int>(host.size(0)), static_cast<int>(host.size(1)), CV_32FC3);
    std::memcpy(mat.data, host.data_ptr(), host.nbytes());
    return Image{mat};
  };
}

}  // namespace nodes
