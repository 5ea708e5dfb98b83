// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using Pairs = graph::NodeHarness::Pairs;

graph::NodeHarness fault(const Pairs& props) {
  graph::NodeHarness node(built_in(), "fault", props);
  node.in("value", flat(3, 2, 0.5));
  return node;
}

std::string thrown(const Pairs& props) {
  return thrown_by([&] { fault(props).run(); });
}

TEST(Fault, StrikesTheNumbersThatItIsToldTo) {
  const auto strikes = [](int number) {
    return !thrown({{"number", std::to_string(number)}, {"every", "100"}, {"first", "7"}}).empty();
  };
  EXPECT_TRUE(strikes(7));
  EXPECT_TRUE(strikes(107));
  EXPECT_FALSE(strikes(8));
  EXPECT_FALSE(strikes(-93)) << "none below the first";
}

TEST(Fault, PassesTheOthersOn) {
  graph::NodeHarness node = fault({{"number", "1"}, {"every", "2"}});
  EXPECT_TRUE(same_pixels(node.run().out<Image>("value").pixels, flat(3, 2, 0.5).pixels));
}

TEST(Fault, ThrowsItsTextOrRunsOutOfMemory) {
  EXPECT_EQ(thrown({{"text", "no paint"}}), "no paint");
  EXPECT_THROW(fault({{"what", "memory"}}).run(), std::bad_alloc);
}

TEST(Fault, EndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(fault({{"what", "exit"}}).run(), testing::ExitedWithCode(3), "");
  EXPECT_EXIT(fault({{"what", "kill"}}).run(), testing::KilledBySignal(SIGKILL), "");
}

TEST(Fault, TakesTimeAndGivesItUpWhenTheRunIsToStop) {
  EXPECT_TRUE(fault({{"what", "delay"}, {"seconds", "0.01"}}).run().sent("value"));
  graph::NodeHarness node = fault({{"what", "delay"}, {"seconds", "1e6"}});
  EXPECT_THROW(node.cancel().run(), graph::Cancelled);
}

TEST(Fault, IsOverOnceItsFileIsThere) {
  const Folder folder;
  const std::string file = folder.path("mended");
  EXPECT_NE(thrown({{"until", file}}), "");
  folder.write("mended", "");
  EXPECT_EQ(thrown({{"until", file}}), "");
}

TEST(Fault, SaysWhichTypeToName) {
  EXPECT_THAT(thrown({{"as", "latents"}}), HasSubstr("as: image passes it on"));
}

}  // namespace
}  // namespace nodes
