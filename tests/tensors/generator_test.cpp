// SPDX-License-Identifier: MIT
#include "tensors/generator.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace tensors {
namespace {

std::int64_t resident_bytes() {
  std::int64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST(Generator, CopiesDrawWhatTheOriginalDraws) {
  Generator generator(7);
  generator.randn({3});  // an odd number of few: one of a pair is left for the next
  Generator copy = generator, assigned(1);
  assigned = generator;
  const at::Tensor drawn = generator.randn({5});
  EXPECT_TRUE(copy.randn({5}).equal(drawn));
  EXPECT_TRUE(assigned.randn({5}).equal(drawn));
  EXPECT_FALSE(generator.randn({5}).equal(drawn));
}

TEST(Generator, CopiesAreFreed) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "address sanitizer keeps for a while what is freed, and finds leaks itself";
#endif
  Generator generator(7);
  const std::int64_t before = resident_bytes();
  for (int i = 0; i < 50'000; ++i) {
    Generator copy = generator;
    generator = copy;
  }
  EXPECT_LT(resident_bytes() - before, 20 << 20) << "a state has 2.5 KB: of all copies 250 MB";
}

}  // namespace
}  // namespace tensors
