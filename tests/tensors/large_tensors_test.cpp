// SPDX-License-Identifier: MIT
#include "tensors/large_tensors.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "tensors/torch.h"

namespace {

constexpr std::int64_t kMiB = 1 << 20;

at::Tensor of_mib(std::int64_t mib) {
  return at::empty({mib * kMiB}, at::TensorOptions(at::kByte));
}

class LargeTensors : public testing::Test {
 protected:
  void SetUp() override { tensors::keep_memory_of_large_tensors(); }
};

TEST_F(LargeTensors, MemoryOfAFreedOneIsUsedAgain) {
  at::Tensor first = of_mib(6);
  const void* const where = first.data_ptr();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(where) % (2 * kMiB), 0u);
  const at::Tensor other = of_mib(6);
  EXPECT_NE(other.data_ptr(), where);
  first.reset();
  EXPECT_EQ(of_mib(6).data_ptr(), where);
}

TEST_F(LargeTensors, OfAnotherSizeDoNot) {
  at::Tensor first = of_mib(8);
  const void* const where = first.data_ptr();
  first.reset();
  EXPECT_NE(of_mib(10).data_ptr(), where);
}

TEST_F(LargeTensors, NoMoreIsKeptThanTheBound) {
  std::vector<at::Tensor> many;
  for (int i = 0; i < 6; ++i) {  // 630 MiB, of which 512 may be kept
    many.push_back(of_mib(100 + 2 * i));
    many.back()[0].fill_(1);
  }
  many.clear();
  EXPECT_EQ(of_mib(100)[0].item<int>(), 1);
  EXPECT_EQ(of_mib(110)[0].item<int>(), 0) << "the largest was kept, too: a fresh one begins with zeros";
}

TEST_F(LargeTensors, ComputeAsEver) {
  const at::Tensor x = at::arange(4 * kMiB, at::TensorOptions(at::kFloat)).view({1, 16, 512, 512});
  const at::Tensor kernel = at::zeros({16, 16, 3, 3});
  for (std::int64_t i = 0; i < 16; ++i) kernel.select(0, i).select(0, i).select(0, 1).select(0, 1).fill_(1);
  EXPECT_TRUE(at::conv2d(x, kernel, {}, 1, 1).equal(x));
  EXPECT_TRUE((x + x).equal(2 * x));
}

TEST_F(LargeTensors, MayBeFreedOnAnotherThread) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int k = 0; k < 50; ++k) {
        at::Tensor t = at::full({3 * kMiB}, i, at::TensorOptions(at::kByte));
        std::thread([moved = std::move(t), i] { EXPECT_EQ(moved[3 * kMiB - 1].item<int>(), i); }).join();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
