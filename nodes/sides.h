// SPDX-License-Identifier: MIT
#pragma once

#include "models/files/model_files.h"

/// Sides of pictures, in pixels, as properties give them.
namespace nodes {

/// `pixels`, or the side that a model's pictures have where that is 0. Throws what ModelFiles::native_side throws.
int side_of(int pixels, const models::ModelFiles& model);

/// Throws std::invalid_argument naming the nearest sides that will do when `pixels` is not a multiple of 8.
void check_side(const char* name, int pixels);

}  // namespace nodes
