// SPDX-License-Identifier: MIT
#include "imaging/out_of_memory.h"

#include <opencv2/core.hpp>

namespace imaging {

bool is_out_of_memory(const std::exception& error) {
  const auto* of_pictures = dynamic_cast<const cv::Exception*>(&error);
  return of_pictures != nullptr && of_pictures->code == cv::Error::StsNoMem;
}

}  // namespace imaging
