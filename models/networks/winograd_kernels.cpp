// SPDX-License-Identifier: MIT
#include "models/networks/winograd_kernels.h"

namespace models::winograd {

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
