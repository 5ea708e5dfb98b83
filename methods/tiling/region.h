// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "methods/tiling/box.h"
#include "methods/tiling/weights.h"

namespace tiling {

/// Height and width, px; 0: as the model is made for.
struct Size {
  std::int64_t height = 0, width = 0;
};

/// A part of a canvas, and what is to be done there: denoised by a prompt of its own, held to a picture, or begun from
/// other noise.
struct Region {
  enum class Kind { kText, kImage, kReroll };
  Kind kind = Kind::kText;
  std::string name{};  ///< "regions[2]", "prompt[0][1]": for messages
  Box box{};

  // The noise that it begins with.
  std::optional<std::int64_t> seed{};  ///< none: to be drawn
  bool resets_noise = false;           ///< the box has noise of its own seed; else noise_eps times that is added
  double noise_eps = 0;

  // Of a text.
  std::string prompt{}, negative_prompt{};
  bool has_negative_prompt =
      true;  ///< false: none was given, which models may take for another thing than an empty one
  std::optional<double> guidance_scale = 7.5;  ///< none: to be drawn
  Weights weights{};
  std::int64_t crop_top = 0, crop_left = 0;  ///< what SDXL is told, px; and sizes likewise
  Size original{}, target{}, negative_original{}, negative_target{};

  // Of a picture.
  std::string reference_image{};  ///< its file
  double strength = 0.8;
};

}  // namespace tiling
