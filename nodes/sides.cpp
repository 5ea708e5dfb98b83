// SPDX-License-Identifier: MIT
#include "nodes/sides.h"

#include <stdexcept>

namespace nodes {

int side_of(int pixels, const models::ModelFiles& model) {
  return pixels > 0 ? pixels : static_cast<int>(model.native_side());
}

void check_side(const char* name, int pixels) {
  if (pixels % 8 == 0) return;
  const int below = pixels / 8 * 8;
  throw std::invalid_argument(std::string(name) + " " + std::to_string(pixels) + " is not a multiple of 8; " +
                              std::to_string(below) + " and " + std::to_string(below + 8) + " are");
}

}  // namespace nodes
