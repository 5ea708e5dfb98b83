// SPDX-License-Identifier: MIT
#include "models/networks/winograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/networks/kernels.h"
#include "models/networks/layers.h"
#include "tensors/generator.h"

namespace models {
namespace {

at::Tensor numbers(std::uint64_t seed, at::IntArrayRef shape) {
  return tensors::Generator(seed).randn(shape);
}

double error(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

/// Sides that are no multiples of a tile, narrower than a tile and wider than a panel; channels that fill no panel.
const std::vector<std::vector<std::int64_t>> kSizes = {{1, 1, 1, 1, 1},     {2, 3, 17, 5, 7},   {1, 16, 16, 2, 3},
                                                       {3, 20, 30, 13, 71}, {1, 5, 12, 66, 66}, {2, 24, 13, 64, 64},
                                                       {1, 8, 40, 130, 3},  {1, 48, 48, 16, 16}};

TEST(Winograd, AgreesWithDirectConvolutionAtAllSizes) {
  for (const auto& size : kSizes) {
    const at::Tensor x = numbers(1, {size[0], size[1], size[3], size[4]}),
                     weight = numbers(2, {size[2], size[1], 3, 3});
    const at::Tensor bias = numbers(3, {size[2]});
    const Winograd winograd(weight);
    EXPECT_LT(error(winograd(x, bias), at::conv2d(x, weight, bias, 1, 1)), 2e-5) << x.sizes();
    EXPECT_LT(error(winograd(x, {}), at::conv2d(x, weight, {}, 1, 1)), 2e-5) << x.sizes();
  }
}

/// Every set of instructions that this processor has.
TEST(Winograd, AllKernelsAgree) {
  const winograd::Shape shape{2, 20, 30, 13, 71};
  const at::Tensor x = numbers(1, {shape.batch, shape.in, shape.height, shape.width});
  const at::Tensor weight = numbers(2, {shape.out, shape.in, 3, 3}), direct = at::conv2d(x, weight, {}, 1, 1);
  const std::int64_t rows = shape.row_panels() * winograd::kRows;
  const winograd::Block block{0, shape.panels()};
  at::Tensor u = at::empty({winograd::kPlaces, rows, shape.in}), v = at::empty({36 * place_step(block, shape.in)}),
             m = at::empty({36 * place_step(block, rows)});
  winograd::transform_weights(weight.data_ptr<float>(), shape.out, shape.in, u.data_ptr<float>());
  for (const Kernels* one : all_kernels()) {
    const winograd::Parts* const kernels = &one->winograd;
    at::Tensor y = at::full_like(direct, std::nan(""));
    kernels->transform_input(shape, x.data_ptr<float>(), block, {0, shape.in}, v.data_ptr<float>());
    kernels->multiply(shape, u.data_ptr<float>(), v.data_ptr<float>(), block, {0, 36}, m.data_ptr<float>());
    kernels->transform_output(shape, m.data_ptr<float>(), nullptr, block, {0, shape.out}, y.data_ptr<float>());
    EXPECT_LT(error(y, direct), 2e-5);
  }
}

TEST(Winograd, BitsDoNotDependOnThreadsNorOnTheBatch) {
  const at::Tensor x = numbers(1, {3, 24, 33, 70}), weight = numbers(2, {40, 24, 3, 3}), bias = numbers(3, {40});
  const Winograd winograd(weight);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = winograd(x, bias);
  at::set_num_threads(4);
  const at::Tensor four = winograd(x, bias);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one, four));
  EXPECT_TRUE(at::equal(one.narrow(0, 1, 1), winograd(x.narrow(0, 1, 1), bias)));
}

class OneWeight final : public ParameterSource {
 public:
  explicit OneWeight(at::Tensor weight) : weight_(std::move(weight)) {}
  at::Tensor get(const std::string&, at::IntArrayRef) override { return weight_; }

 private:
  const at::Tensor weight_;
};

Conv2d convolution(at::Tensor weight, Conv2d::Sizes sizes) {
  OneWeight source(std::move(weight));
  ParameterTable table;
  return Conv2d(ParameterPath(source, table), 16, 16, sizes);
}

TEST(Winograd, IsUsedWhereNothingIsDifferentiated) {
  const at::Tensor x = numbers(1, {1, 16, 32, 32});
  const auto is_direct = [&](const Conv2d& conv, const at::Tensor& in) {
    return at::equal(conv(in), at::conv2d(in, conv.weight, {}, conv.stride, conv.padding));
  };
  const at::Tensor weight = numbers(2, {16, 16, 3, 3});
  const Conv2d conv = convolution(weight, {.bias = false});
  EXPECT_FALSE(is_direct(conv, x));
  EXPECT_TRUE(is_direct(convolution(weight, {.stride = 2, .bias = false}), x));
  EXPECT_TRUE(is_direct(conv, x.narrow(2, 0, 4).narrow(3, 0, 4))) << "too few tiles to pay";
  at::Tensor learned = x.clone().set_requires_grad(true);
  EXPECT_TRUE(is_direct(conv, learned));
  EXPECT_TRUE(conv(learned).requires_grad());
  at::Tensor learning = weight.clone().set_requires_grad(true);
  EXPECT_TRUE(is_direct(convolution(learning, {.bias = false}), x)) << "its weights change from call to call";
  set_convolutions(Convolutions::kDirect);
  EXPECT_TRUE(is_direct(conv, x));
  set_convolutions(Convolutions::kAuto);
}

TEST(Winograd, WhereItPaysIsATableOfShapes) {
  EXPECT_TRUE(Winograd::pays(128, {1, 128, 512, 512}));
  EXPECT_TRUE(Winograd::pays(48, {1, 48, 16, 16}));
  EXPECT_FALSE(Winograd::pays(4, {1, 320, 64, 64})) << "few channels";
  EXPECT_FALSE(Winograd::pays(48, {1, 48, 8, 8})) << "few tiles";
  EXPECT_FALSE(Winograd::pays(48, {64, 48, 8, 8})) << "a row is what it is alone";
  EXPECT_FALSE(Winograd::pays(1280, {1, 1280, 32, 32})) << "its weights would take 236 MB";
}

}  // namespace
}  // namespace models
