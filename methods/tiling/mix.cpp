// SPDX-License-Identifier: MIT
#include "methods/tiling/mix.h"

#include <stdexcept>

namespace tiling {

at::Tensor cells(const at::Tensor& latents, const Box& box) {
  return latents.narrow(-2, box.top, box.height()).narrow(-1, box.left, box.width());
}

void check_within(const Region& region, std::int64_t height, std::int64_t width) {
  const Box& box = region.box;
  if (!box.empty() && box.top >= 0 && box.left >= 0 && box.bottom <= height && box.right <= width) return;
  throw std::invalid_argument(region.name + " (" + text_of(box) + ") is not within the canvas of " +
                              std::to_string(width * kCellPixels) + " x " + std::to_string(height * kCellPixels) +
                              " px (width x height)");
}

Mixer::Mixer(std::vector<std::shared_ptr<const Region>> regions, std::int64_t height, std::int64_t width,
             at::Device device)
    : regions_(std::move(regions)) {
  at::Tensor sums = at::zeros({height, width}, at::kDouble);
  for (const auto& region : regions_) {
    check_within(*region, height, width);
    const Box& box = region->box;
    const at::Tensor weights = weights_of(region->weights, box.height(), box.width());
    cells(sums, box).add_(weights);
    weights_.push_back(weights.to(device));
  }
  sums_ = sums.to(device);
}

at::Tensor Mixer::operator()(std::span<const at::Tensor> predictions) const {
  if (predictions.size() != regions_.size() || predictions.empty())
    throw std::invalid_argument(std::to_string(predictions.size()) + " predictions for " +
                                std::to_string(regions_.size()) + " regions");
  const at::Tensor& first = predictions.front();
  at::Tensor sum =
      at::zeros({first.size(0), first.size(1), sums_.size(0), sums_.size(1)}, first.options().dtype(at::kDouble));
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Box& box = regions_[i]->box;
    const at::Tensor& prediction = predictions[i];
    if (prediction.dim() != 4 || prediction.size(2) != box.height() || prediction.size(3) != box.width())
      throw std::invalid_argument("the prediction of " + regions_[i]->name + " has the shape " +
                                  c10::str(prediction.sizes()) + ", and the region " + std::to_string(box.height()) +
                                  " x " + std::to_string(box.width()) + " cells");
    cells(sum, box).addcmul_(prediction.to(at::kDouble), weights_[i]);
  }
  return at::where(sums_ > 0, sum / sums_, at::zeros({}, sum.options())).to(first.scalar_type());
}

}  // namespace tiling
