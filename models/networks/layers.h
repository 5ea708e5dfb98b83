// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "models/networks/winograd.h"
#include "models/parameters.h"

/// The layers that the networks are made of. All are immutable after construction and safe to call from several
/// threads; all are differentiable. Names of parameters are torch.nn's: weight, bias.
namespace models {

/// Whether what is made of it has to be differentiable. False for an undefined tensor.
bool needs_grad(const at::Tensor& t);

/// y = x·Wᵀ + b over the last dimension: (…, in) → (…, out).
struct Linear {
  Linear(const ParameterPath& path, std::int64_t in, std::int64_t out, bool with_bias = true);
  at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

  at::Tensor weight;  ///< (out, in)
  at::Tensor bias;    ///< (out), or undefined
};

/// How 3×3 convolutions of stride 1 are made on a CPU where no gradient is asked for.
enum class Convolutions {
  kAuto,    ///< by Winograd's way where it pays (models/networks/winograd.h)
  kDirect,  ///< by libtorch's
};
/// For the whole process. Before the first call of a network.
void set_convolutions(Convolutions how);

/// (B, in, h, w) → (B, out, h', w').
struct Conv2d {
  struct Sizes {
    int kernel = 3;
    int stride = 1;
    int padding = 1;
    bool bias = true;
  };
  Conv2d(const ParameterPath& path, std::int64_t in, std::int64_t out, Sizes sizes);
  Conv2d(const ParameterPath& path, std::int64_t in, std::int64_t out) : Conv2d(path, in, out, Sizes{}) {}
  at::Tensor operator()(const at::Tensor& x) const;

  at::Tensor weight;  ///< (out, in, kernel, kernel)
  at::Tensor bias;    ///< (out), or undefined
  int stride, padding;
  std::shared_ptr<const Winograd> winograd;  ///< null: not of these sizes, or not on a CPU

 private:
  bool by_winograd(const at::Tensor& x) const;
};

/// Over groups of channels of (B, channels, …).
struct GroupNorm {
  GroupNorm(const ParameterPath& path, std::int64_t groups, std::int64_t channels, double eps);
  at::Tensor operator()(const at::Tensor& x) const { return at::group_norm(x, groups, weight, bias, eps); }

  at::Tensor weight, bias;  ///< (channels)
  std::int64_t groups;
  double eps;
};

/// Over the last dimension.
struct LayerNorm {
  LayerNorm(const ParameterPath& path, std::int64_t width, double eps = 1e-5);
  at::Tensor operator()(const at::Tensor& x) const { return at::layer_norm(x, weight.sizes(), weight, bias, eps); }

  at::Tensor weight, bias;  ///< (width)
  double eps;
};

/// Rows of a table by index: (…) int64 → (…, width).
struct Embedding {
  Embedding(const ParameterPath& path, std::int64_t count, std::int64_t width);
  at::Tensor operator()(const at::Tensor& ids) const { return at::embedding(weight, ids); }

  at::Tensor weight;  ///< (count, width)
};

}  // namespace models
