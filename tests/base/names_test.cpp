// SPDX-License-Identifier: MIT
#include "base/names.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Names, AreListed) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b", "c"}), "a, b or c");
}

TEST(DidYouMean, FindsTheNearest) {
  EXPECT_EQ(did_you_mean("widht", {"height", "width"}), " (did you mean 'width'?)") << "a swap is one step";
  EXPECT_EQ(did_you_mean("eular", {"ddim", "euler"}), " (did you mean 'euler'?)");
  EXPECT_EQ(did_you_mean("see", {"sea", "seed"}), " (did you mean 'sea'?)") << "the first of equals";
}

TEST(DidYouMean, SaysNothingWhenNoneIsNear) {
  EXPECT_EQ(did_you_mean("width", {"steps", "seed"}), "");
  EXPECT_EQ(did_you_mean("width", {"width"}), "") << "which is there";
  EXPECT_EQ(did_you_mean("a", {"b"}), "") << "nothing of it would be left";
  EXPECT_EQ(did_you_mean("", {"b"}), "");
  EXPECT_EQ(did_you_mean(std::string(101, 'a'), {std::string(100, 'a')}), "") << "long words take long";
}

TEST(Nearest, IsNoFartherThanTwelveSteps) {
  const std::vector<std::string> names{std::string(80, 'a')};
  const std::string twelve = std::string(68, 'a') + std::string(12, 'b');
  EXPECT_EQ(nearest(twelve, names), &names[0]);
  EXPECT_EQ(nearest("b" + twelve, names), nullptr);
}

}  // namespace
}  // namespace base
