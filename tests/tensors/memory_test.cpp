// SPDX-License-Identifier: MIT
#include "tensors/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <optional>

namespace tensors {
namespace {

std::int64_t resident_pages(const void* begin, std::size_t bytes) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(begin) + page - 1) / page * page;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(begin) + bytes) / page * page;
  std::vector<unsigned char> pages((end - first) / page);
  EXPECT_EQ(mincore(reinterpret_cast<void*>(first), end - first, pages.data()), 0);
  return std::count_if(pages.begin(), pages.end(), [](unsigned char state) { return (state & 1) != 0; });
}

TEST(LongLivedMemory, HoldsTensorsSideBySide) {
  std::vector<at::Tensor> tensors;
  {
    LongLivedMemory memory;
    for (int i = 0; i < 100; ++i) tensors.push_back(memory.empty({i, 7}, i % 2 == 0 ? at::kFloat : at::kHalf).fill_(i));
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensors[i].data_ptr()) % 64, 0u);
    EXPECT_TRUE(tensors[i].eq(i).all().item<bool>()) << i << ": outlives what it was made by";
  }
}

TEST(LongLivedMemory, TakesNothingBeforeItIsWrittenTo) {
  LongLivedMemory memory;
  const at::Tensor large = memory.empty({300, 1 << 20}, at::kByte);  // more than a block
  EXPECT_EQ(resident_pages(large.data_ptr(), large.nbytes()), 0);
}

TEST(LongLivedMemory, GivesBackWhatIsDropped) {
  LongLivedMemory memory;
  const at::Tensor neighbour = memory.empty({1000}, at::kFloat).fill_(1);
  std::optional<at::Tensor> tensor = memory.empty({4 << 20}, at::kFloat).fill_(2);
  const void* const place = tensor->data_ptr();
  const std::size_t bytes = tensor->nbytes();
  EXPECT_GT(resident_pages(place, bytes), 0);
  tensor.reset();
  EXPECT_EQ(resident_pages(place, bytes), 0);
  EXPECT_TRUE(neighbour.eq(1).all().item<bool>());
}

}  // namespace
}  // namespace tensors
