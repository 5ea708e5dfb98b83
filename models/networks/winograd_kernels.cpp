// SPDX-License-Identifier: MIT
#include "models/networks/winograd_kernels.h"

namespace models::winograd {

extern const Kernels k_plain;
#if defined(__x86_64__)
extern const Kernels k_avx2, k_avx512;
#endif

const std::vector<const Kernels*>& all_kernels() {
  static const std::vector<const Kernels*> all = [] {
    std::vector<const Kernels*> found;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
      found.push_back(&k_avx512);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&k_avx2);
#endif
    found.push_back(&k_plain);
    return found;
  }();
  return all;
}

void transform_weights(const float* weight, std::int64_t out, std::int64_t in, float* u) {
  constexpr double kG[kPatch][3] = {{1. / 4, 0, 0},
                                    {-1. / 6, -1. / 6, -1. / 6},
                                    {-1. / 6, 1. / 6, -1. / 6},
                                    {1. / 24, 1. / 12, 1. / 6},
                                    {1. / 24, -1. / 12, 1. / 6},
                                    {0, 0, 1}};
  const std::int64_t panels = (out + kRows - 1) / kRows;
  for (std::int64_t k = 0; k < panels * kRows; ++k) {
    for (std::int64_t c = 0; c < in; ++c) {
      double half[kPatch][3] = {};
      const float* const g = weight + (k * in + c) * 9;
      for (int i = 0; i < kPatch && k < out; ++i) {
        for (int j = 0; j < 3; ++j) half[i][j] = kG[i][0] * g[j] + kG[i][1] * g[3 + j] + kG[i][2] * g[6 + j];
      }
      for (int i = 0; i < kPatch; ++i) {
        for (int j = 0; j < kPatch; ++j) {
          const double value = half[i][0] * kG[j][0] + half[i][1] * kG[j][1] + half[i][2] * kG[j][2];
          u[(((i * kPatch + j) * panels + k / kRows) * in + c) * kRows + k % kRows] = static_cast<float>(value);
        }
      }
    }
  }
}

}  // namespace models::winograd
