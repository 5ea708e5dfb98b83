// SPDX-License-Identifier: MIT
#include "tools/train_embedded/half_precision.h"

#include <ATen/autocast_mode.h>

#include "tensors/torch.h"

#if !DECOUPAGE_TORCH_2
#include <torch/library.h>
#endif

namespace train_embedded {
namespace {

#if !DECOUPAGE_TORCH_2
using Weight = c10::optional<at::Tensor>;

/// Until 2.0 norms of bfloat16 do not take weights in float32, and libtorch leaves them to whatever type comes.
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
#endif

void switch_on(bool on) {
#if DECOUPAGE_TORCH_2_4
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, on);
#else
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  at::autocast::set_cpu_enabled(on);
#endif
}

}  // namespace

HalfPrecision::HalfPrecision(bool wanted) : wanted_(wanted) {
  if (wanted_) switch_on(true);
}

HalfPrecision::~HalfPrecision() {
  if (!wanted_) return;
  switch_on(false);
  at::autocast::clear_cache();
}

}  // namespace train_embedded
