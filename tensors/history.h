// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tensors/torch.h"

/// The history of how tensors were computed, back along which gradients are taken. Tensors are f32; undefined ones stay
/// undefined. Whether anything is recorded is a mode of the thread (c10::GradMode).
namespace tensors {

/// The same numbers without history.
at::Tensor detached(const at::Tensor& tensor);
/// The same numbers as the beginning of a history.
at::Tensor leaf(const at::Tensor& tensor);
/// The same numbers one step later in their history, whatever the thread's mode.
at::Tensor alias(const at::Tensor& tensor);
/// The same numbers, of which those with a history are one step later in it, all by the same step: gradients go back to
/// none of them before they have come to all. Whatever the thread's mode; of one type, on one device.
std::vector<at::Tensor> joined(std::vector<at::Tensor> tensors);
bool has_history(const at::Tensor& tensor);

/// An end of a history: numbers, and how much each of them counts.
struct End {
  at::Tensor tensor;
  at::Tensor weight{};  ///< of its shape; undefined: 1, of a tensor with one number
};

/// The gradient of Σ weight · tensor with respect to each of `begins`, without history; zeros for one on which nothing
/// depends. The history is gone then. On the calling thread; of tensors on a GPU on its current stream. Throws
/// std::invalid_argument: an end without history, or a weight of another shape.
std::vector<at::Tensor> gradients(const std::vector<End>& ends, const std::vector<at::Tensor>& begins);

}  // namespace tensors
