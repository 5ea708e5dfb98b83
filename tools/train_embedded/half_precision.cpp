// SPDX-License-Identifier: MIT
#include "tools/train_embedded/half_precision.h"

#include <ATen/autocast_mode.h>
#include <torch/library.h>

#include "tensors/torch.h"

namespace train_embedded {
namespace {

using Weight = c10::optional<at::Tensor>;

/// libtorch leaves norms to whatever type comes; theirs of bfloat16 do not take weights in float32.
at::Tensor group_norm(const at::Tensor& x, std::int64_t groups, const Weight& weight, const Weight& bias,
                      double epsilon, bool cudnn) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  return at::group_norm(x.to(at::kFloat), groups, weight, bias, epsilon, cudnn);
}

at::Tensor layer_norm(const at::Tensor& x, at::IntArrayRef shape, const Weight& weight, const Weight& bias,
                      double epsilon, bool cudnn) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  return at::layer_norm(x.to(at::kFloat), shape, weight, bias, epsilon, cudnn);
}

TORCH_LIBRARY_IMPL(aten, AutocastCPU, library) {
  library.impl("group_norm", group_norm);
  library.impl("layer_norm", layer_norm);
}

}  // namespace

HalfPrecision::HalfPrecision(bool wanted) : wanted_(wanted) {
  if (!wanted_) return;
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  at::autocast::set_cpu_enabled(true);
}

HalfPrecision::~HalfPrecision() {
  if (!wanted_) return;
  at::autocast::set_cpu_enabled(false);
  at::autocast::clear_cache();
}

}  // namespace train_embedded
