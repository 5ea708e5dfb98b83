// SPDX-License-Identifier: MIT
#include "methods/tiling/weights.h"

#include <cmath>
#include <stdexcept>

namespace tiling {
namespace {

constexpr double kVariance = 0.01;
constexpr double kQuarticSpan = 1.99;  // so that the edges keep a little weight
constexpr double kPi = 3.14159265358979323846;

at::Tensor places(std::int64_t length) {
  return at::arange(length, at::kDouble);
}

at::Tensor gaussian_side(std::int64_t length, double midpoint) {
  const at::Tensor x = (places(length) - midpoint) / static_cast<double>(length);
  return (-x * x / (2 * kVariance)).exp() / std::sqrt(2 * kPi * kVariance);
}

at::Tensor quartic_side(std::int64_t length) {
  const at::Tensor u = length == 1
                           ? at::zeros({1}, at::kDouble)
                           : places(length) * (kQuarticSpan / static_cast<double>(length - 1)) - kQuarticSpan / 2;
  return 15.0 / 16.0 * (1 - u * u).square();
}

at::Tensor side(MaskType type, std::int64_t length, double midpoint) {
  if (type == MaskType::kConstant) return at::ones({length}, at::kDouble);
  return type == MaskType::kGaussian ? gaussian_side(length, midpoint) : quartic_side(length);
}

}  // namespace

MaskType mask_type_named(const std::string& name) {
  if (name == "constant") return MaskType::kConstant;
  if (name == "gaussian") return MaskType::kGaussian;
  if (name == "quartic") return MaskType::kQuartic;
  throw std::invalid_argument("no mask_type '" + name + "': there are constant, gaussian and quartic");
}

at::Tensor weights_of(const Weights& weights, std::int64_t height, std::int64_t width) {
  const auto middle = [](std::int64_t length) { return static_cast<double>(length - 1) / 2; };
  const double row = weights.row_midpoint == RowMidpoint::kHalf ? static_cast<double>(height) / 2 : middle(height);
  const at::Tensor rows = side(weights.type, height, row), columns = side(weights.type, width, middle(width));
  const at::Tensor all = weights.weight * rows.unsqueeze(1) * columns.unsqueeze(0);
  return weights.mask.defined() ? all * weights.mask : all;
}

}  // namespace tiling
