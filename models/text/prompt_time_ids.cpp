// SPDX-License-Identifier: MIT
#include "models/text/prompt_time_ids.h"

#include <vector>

namespace models {
namespace {

at::Tensor row(const std::vector<double>& numbers) {
  return at::tensor(numbers, at::kDouble).to(at::kFloat).unsqueeze(0);
}
double number(std::int64_t n) {
  return static_cast<double>(n);
}

}  // namespace

at::Tensor base_time_ids(PixelSize original, PixelPlace crop, PixelSize target) {
  return row({number(original.height), number(original.width), number(crop.top), number(crop.left),
              number(target.height), number(target.width)});
}

at::Tensor refiner_time_ids(PixelSize original, PixelPlace crop, double aesthetic_score) {
  return row({number(original.height), number(original.width), number(crop.top), number(crop.left), aesthetic_score});
}

}  // namespace models
