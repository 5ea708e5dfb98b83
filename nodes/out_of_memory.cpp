// SPDX-License-Identifier: MIT
#include "nodes/out_of_memory.h"

#include <opencv2/core.hpp>

#include "tensors/out_of_memory.h"

namespace nodes {

bool is_out_of_memory(const std::exception& error) {
  const auto* of_pictures = dynamic_cast<const cv::Exception*>(&error);
  return (of_pictures != nullptr && of_pictures->code == cv::Error::StsNoMem) || tensors::is_out_of_memory(error);
}

}  // namespace nodes
