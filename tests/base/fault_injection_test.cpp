// SPDX-License-Identifier: MIT
#include "base/fault_injection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace base::injection {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Which of five times the same are met.
std::vector<bool> met(const std::string& text) {
  Order order(text);
  std::vector<bool> due;
  for (int i = 0; i < 5; ++i) due.push_back(order.meets("write", "a"));
  return due;
}

bool meets(const std::string& text, const std::string& point, const std::string& place) {
  return Order(text).meets(point, place);
}

std::string refusal(const std::string& text) {
  try {
    const Order order(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

TEST(Order, IsDueWhenItSays) {
  EXPECT_THAT(met("write=EIO"), ElementsAre(true, false, false, false, false));
  EXPECT_THAT(met("write:3=EIO"), ElementsAre(false, false, true, false, false));
  EXPECT_THAT(met("write:3+=EIO"), ElementsAre(false, false, true, true, true));
  EXPECT_THAT(met("write:2/2=EIO"), ElementsAre(false, true, false, true, false));
}

TEST(Order, IsDueWhereItSays) {
  EXPECT_TRUE(meets("read@a/b=EIO", "read", "x/a/b.png")) << "a piece of the path";
  EXPECT_FALSE(meets("read@a/b=EIO", "read", "x/b.png"));
  EXPECT_FALSE(meets("read@a/b=EIO", "write", "x/a/b.png"));
  EXPECT_TRUE(meets("call@denoise.step=throw", "call", "denoise.step"));
  EXPECT_FALSE(meets("call@denoise=throw", "call", "denoise.step")) << "the whole id";
  EXPECT_TRUE(meets("call=throw", "call", "any"));
}

TEST(Order, CountsWhatFitsAlone) {
  Order order("write@.png:2=EIO");
  EXPECT_FALSE(order.meets("write", "0.png"));
  EXPECT_FALSE(order.meets("write", "items.jsonl"));
  EXPECT_TRUE(order.meets("write", "1.png"));
}

TEST(Order, StrikesAsItSays) {
  EXPECT_EQ(Order("write=ENOSPC").strike(), ENOSPC);
  EXPECT_THROW(Order("call=throw").strike(), std::runtime_error);
  EXPECT_THROW(Order("call=memory").strike(), std::bad_alloc);
}

TEST(Order, ThatIsNoneIsRefused) {
  for (const std::string text : {"", "write", "write=", "wriet=EIO", "write=EOI", "write:0=EIO", "write:x=EIO",
                                 "write:1x=EIO", "write:2/0=EIO", "write:2/=EIO", "write=throw", "call=EIO"})
    EXPECT_THAT(refusal(text), AllOf(HasSubstr("DECOUPAGE_FAULTS: '" + text + "'"), HasSubstr("POINT[@PLACE]")))
        << text;
}

}  // namespace
}  // namespace base::injection
