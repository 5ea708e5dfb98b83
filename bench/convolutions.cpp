// SPDX-License-Identifier: MIT
/// How fast are 3×3 convolutions by Winograd's way (models/networks/winograd.h) beside libtorch's direct ones? Shapes
/// of SDXL's autoencoder and UNet and of the embedded model; both take turns, the best of some counts.
///
///   convolutions [threads]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "models/networks/winograd.h"
#include "tensors/generator.h"
#include "tensors/large_tensors.h"

namespace {

struct Shape {
  std::int64_t batch, in, out, side;
};

constexpr Shape kShapes[] = {{1, 128, 128, 512}, {1, 256, 256, 256}, {1, 512, 512, 128}, {1, 512, 512, 64},
                             {2, 320, 320, 64},  {2, 640, 640, 32},  {1, 64, 64, 128},   {2, 48, 48, 32},
                             {2, 48, 48, 16},    {8, 48, 48, 16},    {2, 96, 96, 16}};

template <class F>
double seconds(const F& f) {
  const auto from = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

void compare(const Shape& shape) {
  tensors::Generator generator(1);
  const at::Tensor x = generator.randn({shape.batch, shape.in, shape.side, shape.side});
  const at::Tensor weight =
      generator.randn({shape.out, shape.in, 3, 3}) / (3 * std::sqrt(static_cast<double>(shape.in)));
  const at::Tensor bias = generator.randn({shape.out});
  const models::Winograd winograd(weight);
  const double flop = 18.0 * static_cast<double>(shape.batch * shape.in * shape.out * shape.side * shape.side);
  at::Tensor direct, ours = winograd(x, bias);
  double least = 1e30, ours_least = 1e30;
  for (int i = 0; i < (flop > 1e10 ? 4 : 40); ++i) {
    least = std::min(least, seconds([&] { direct = at::conv2d(x, weight, bias, 1, 1); }));
    ours_least = std::min(ours_least, seconds([&] { ours = winograd(x, bias); }));
  }
  const double error = ((ours - direct).abs().max() / direct.abs().max()).item<double>();
  std::printf("%ld x %4ld -> %4ld, %3ld^2: direct %8.3f ms (%4.0f GFLOP/s)  ours %8.3f ms  %.2f x  error %.1e\n",
              shape.batch, shape.in, shape.out, shape.side, least * 1e3, flop / least / 1e9, ours_least * 1e3,
              least / ours_least, error);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  tensors::keep_memory_of_large_tensors();  // as the command does
  at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 1);
  for (const Shape& shape : kShapes) compare(shape);
}
