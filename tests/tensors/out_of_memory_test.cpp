// SPDX-License-Identifier: MIT
#include "tensors/out_of_memory.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tensors/torch.h"

namespace tensors {
namespace {

bool says_so(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return is_out_of_memory(error);
  }
  ADD_FAILURE() << "nothing was thrown";
  return false;
}

TEST(OutOfMemory, IsWhatTheAllocatorOfTheCpuThrows) {
  EXPECT_TRUE(says_so([] { at::empty({std::int64_t{1} << 46}, at::TensorOptions(at::kFloat)); }));
}

TEST(OutOfMemory, IsWhatAGpuThrows) {
  EXPECT_TRUE(
      says_so([] { TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate 2 GiB"); }));
  EXPECT_TRUE(says_so([] { TORCH_CHECK(false, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"); }));
}

TEST(OutOfMemory, IsNothingElse) {
  EXPECT_FALSE(says_so([] { at::ones({2}) + at::ones({3}); }));
  EXPECT_FALSE(says_so([] { throw std::runtime_error("out of memory"); })) << "not libtorch's";
}

}  // namespace
}  // namespace tensors
