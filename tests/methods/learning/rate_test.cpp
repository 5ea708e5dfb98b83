// SPDX-License-Identifier: MIT
#include "methods/learning/rate.h"

#include <gmock/gmock.h>

#include "tensors/npz.h"

namespace learning {
namespace {

TEST(Rate, IsDiffusers) {
  const std::string path = std::string(SOURCE_DIR) + "/tests/data/sd_pixl/schedules.npz";
  const tensors::Npz file = tensors::read_npz(path);
  for (const char* name : {"constant", "constant_with_warmup", "linear", "cosine", "cosine_with_restarts", "polynomial",
                           "piecewise_constant"}) {
    SCOPED_TRACE(name);
    const Rate rate(
        0.025, {.schedule = name, .warmup = 3, .cycles = 2, .power = 2, .pieces = rate_pieces("0.1:1,0.5:2,1:4,0.25")});
    const at::Tensor expected = file.at(std::string("lr_") + name + "_12_3", path);
    ASSERT_EQ(expected.numel(), 12);
    for (std::int64_t k = 0; k < 12; ++k) EXPECT_NEAR(rate(k, 12), expected[k].item<float>(), 1e-9) << k;
  }
}

TEST(Rate, StaysAtItsEnd) {
  EXPECT_EQ(Rate(0.5, {.schedule = "linear"})(20, 10), 0);
  EXPECT_EQ(Rate(0.5, {.schedule = "cosine_with_restarts", .cycles = 3})(10, 10), 0);
  EXPECT_NEAR(Rate(0.5, {.schedule = "polynomial"})(12, 10), 1e-7, 1e-15);
}

TEST(Rate, KnowsItsNames) {
  EXPECT_THROW(Rate(0.5, {.schedule = "cosin"}), std::invalid_argument);
}

TEST(RatePieces, AreRead) {
  EXPECT_THAT(rate_pieces("1:10,0.5:20,0.1"),
              testing::ElementsAre(RatePiece{1, 10}, RatePiece{0.5, 20}, RatePiece{0.1, 0}));
  for (const char* text : {"1:10,0.5:20,0.1", "0.3"})
    EXPECT_EQ(rate_pieces(text_of(rate_pieces(text))), rate_pieces(text));
  for (const char* text : {"", "1:10", "1,0.5", "1:10,0.5:10,0.1", "x:1,2", "1:1.5,2", "-1:1,2", "nan:1,2"})
    EXPECT_THROW(rate_pieces(text), std::invalid_argument) << text;
}

}  // namespace
}  // namespace learning
