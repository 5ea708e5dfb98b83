// SPDX-License-Identifier: MIT
#include "base/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/limits.h"

namespace base {
namespace {

using testing::HasSubstr;
using testing_limits::WithLimit;

std::string refused_limit(const std::string& name, const std::string& amount) {
  try {
    set_limit(name, amount);
    return "it was set";
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

TEST(Limits, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const LimitRow& row : kLimits) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_LE(row.usual, row.highest) << row.name;
    EXPECT_FALSE(row.of.empty()) << row.name;
    EXPECT_EQ(current(row), row.usual) << row.name;
  }
}

TEST(Limits, AreWhatTheyAreSetTo) {
  const Limit bytes("graph-bytes"), values("graph-values");
  EXPECT_EQ(bytes.text(), "16 MiB (--max graph-bytes=N sets another limit)");
  {
    const WithLimit a("graph-bytes", "1.5k"), b("graph-values", "3M");
    EXPECT_EQ(bytes.most(), 1536u);
    EXPECT_EQ(values.most(), 3'000'000u) << "counts go by thousands";
    EXPECT_EQ(bytes.text(), "1536 bytes (--max graph-bytes=N sets another limit)");
    EXPECT_EQ(values.text(), "3000000 (--max graph-values=N sets another limit)");
  }
  EXPECT_EQ(bytes.most(), 16 * kMiB);
}

TEST(Limits, RefuseWhatIsNoAmount) {
  for (const char* amount : {"", "0", "-1", "lots", "1T", "1e3", "1MB", "nan", "0.1"}) {
    EXPECT_EQ(refused_limit("graph-bytes", amount),
              "graph-bytes: expected a number such as 4096, 64M or 1.5G, got '" + std::string(amount) + "'");
  }
  EXPECT_EQ(refused_limit("graphbytes", "1"), "there is no limit 'graphbytes'");
  EXPECT_EQ(refused_limit("graph-depth", "1001"), "graph-depth: 1001 is more than 1000, beyond which it cannot be set");
  EXPECT_THAT(refused_limit("safetensors-header-bytes", "1G"), HasSubstr("1G is more than 100000000 bytes"));
}

TEST(Limits, AmountsAreForPeople) {
  EXPECT_EQ(amount_text(64 * kKiB, Unit::kBytes), "64 KiB");
  EXPECT_EQ(amount_text(16 * kGiB, Unit::kBytes), "16 GiB");
  EXPECT_EQ(amount_text(100'000'000, Unit::kBytes), "100000000 bytes");
  EXPECT_EQ(amount_text(65'536, Unit::kCount), "65536");
}

}  // namespace
}  // namespace base
