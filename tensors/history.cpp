// SPDX-License-Identifier: MIT
#include "tensors/history.h"

// ATen says how a backward pass adds up into a tensor, and not how its gradients are got without writing to anything.
#include <torch/csrc/autograd/autograd.h>

#include <stdexcept>

namespace tensors {

at::Tensor detached(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.detach() : tensor;
}

at::Tensor leaf(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.detach().set_requires_grad(true) : tensor;
}

at::Tensor alias(const at::Tensor& tensor) {
  const at::AutoGradMode recording(true);
  return tensor.defined() ? at::alias(tensor) : tensor;
}

std::vector<at::Tensor> joined(std::vector<at::Tensor> tensors) {
  const at::AutoGradMode recording(true);
  std::vector<at::Tensor> flat;
  std::vector<std::int64_t> sizes;
  for (const at::Tensor& tensor : tensors) {
    if (!has_history(tensor)) continue;
    flat.push_back(tensor.flatten());
    sizes.push_back(tensor.numel());
  }
  if (flat.size() < 2) return tensors;
  const std::vector<at::Tensor> parts = at::split_with_sizes(at::cat(flat), sizes);
  auto part = parts.begin();
  for (at::Tensor& tensor : tensors)
    if (has_history(tensor)) tensor = (part++)->view(tensor.sizes());
  return tensors;
}

bool has_history(const at::Tensor& tensor) {
  return tensor.defined() && tensor.requires_grad();
}

std::vector<at::Tensor> gradients(const std::vector<End>& ends, const std::vector<at::Tensor>& begins) {
  std::vector<at::Tensor> outputs, weights;
  for (const End& end : ends) {
    if (!has_history(end.tensor)) throw std::invalid_argument("what is to be differentiated has no history");
    const at::Tensor weight =
        end.weight.defined() ? end.weight : at::ones({}, end.tensor.options()).expand_as(end.tensor);
    if (weight.sizes() != end.tensor.sizes() || (!end.weight.defined() && end.tensor.numel() != 1))
      throw std::invalid_argument("a gradient of the shape " + c10::str(weight.sizes()) + " for numbers of the shape " +
                                  c10::str(end.tensor.sizes()));
    outputs.push_back(end.tensor);
    weights.push_back(weight);
  }
  std::vector<at::Tensor> made = torch::autograd::grad(outputs, begins, weights, /*retain_graph=*/false,
                                                       /*create_graph=*/false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (!made[i].defined()) made[i] = at::zeros_like(begins[i]);
  }
  return made;
}

}  // namespace tensors
