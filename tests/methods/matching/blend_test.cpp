// SPDX-License-Identifier: MIT
#include "methods/matching/blend.h"

#include <gmock/gmock.h>

#include "methods/matching/match_regions.h"
#include "methods/matching/match_squares.h"
#include "tests/methods/matching/banks.h"

namespace matching {
namespace {

class Blend : public ::testing::Test {
 protected:
  Matches matched(const RegionSettings& settings = {}) const {
    NumpyGenerator generator(1);
    const auto labels = std::make_shared<const imaging::Labels>(regions({"aaabb", "acccb", "cccdb"}));
    return match_regions(latent_, labels, bank_, settings, generator);
  }

  /// The numbers of all matches' windows in their regions' cells, and the latent's elsewhere.
  at::Tensor windows(const Matches& matches) const {
    at::Tensor result = latent_.clone();
    for (const Match& m : matches.matches) {
      const at::Tensor& record = bank_->records[static_cast<std::size_t>(m.record)].latent;
      for (int y = 0; y < m.height; ++y) {
        for (int x = 0; x < m.width; ++x) {
          if (matches.labels->at(m.y0 + y, m.x0 + x) == m.region)
            result.select(1, m.y0 + y).select(1, m.x0 + x).copy_(record.select(1, m.y + y).select(1, m.x + x));
        }
      }
    }
    return result;
  }

  const std::shared_ptr<const Bank> bank_ = build_bank({made_up_source(4, 9, 12)}, {.do_rotated = true});
  const at::Tensor latent_ = made_up_source(4, 3, 5, 2).latent;
};

TEST_F(Blend, GoesFromTheLatentToTheWindows) {
  const Matches matches = matched();
  EXPECT_TRUE(blend(latent_, matches, 0).equal(latent_));
  EXPECT_TRUE(blend(latent_, matches, 1).equal(windows(matches)));
  const at::Tensor between = blend(latent_, matches, 0.25);
  EXPECT_LT((between - (latent_ * 0.75 + windows(matches) * 0.25)).abs().max().item<double>(), 1e-6);
}

TEST_F(Blend, LeavesCellsWithoutAMatchAsTheyAre) {
  const Matches matches = matched({.region_max_area = 4});  // only b and d
  ASSERT_EQ(matches.matches.size(), 3U);
  EXPECT_TRUE(blend(latent_, matches, 1).equal(windows(matches)));
  EXPECT_TRUE(blend(latent_, matched({.region_max_area = 0}), 1).equal(latent_));
}

TEST_F(Blend, ByPlanesIsTheSame) {
  const Matches matches = matched({.region_max_area = 5});
  const Windows windows = windows_of(matches);
  EXPECT_EQ(windows.mask.sum().item<int>(), 4 + 4 + 1) << "the cells of a, b and d";
  const at::Tensor share = windows.mask * 0.37F;
  EXPECT_TRUE((latent_ * (1 - share) + windows.numbers * share).equal(blend(latent_, matches, 0.37)));
}

TEST_F(Blend, LeavesItsInputsAlone) {
  const Matches matches = matched();
  const at::Tensor before = latent_.clone();
  blend(latent_, matches, 0.5);
  EXPECT_TRUE(latent_.equal(before));
}

TEST_F(Blend, KeepsShapeAndType) {
  const at::Tensor batch = latent_.unsqueeze(0).to(at::kDouble);
  const at::Tensor blended = blend(batch, matched(), 0.5);
  EXPECT_EQ(blended.sizes(), batch.sizes());
  EXPECT_EQ(blended.scalar_type(), at::kDouble);
  // Latents need not lie in memory in their order.
  const at::Tensor strided = latent_.permute({2, 1, 0}).contiguous().permute({2, 1, 0});
  EXPECT_TRUE(blend(strided, matched(), 0.5).equal(blend(latent_, matched(), 0.5)));
}

TEST_F(Blend, SquaresGoTowardsTheirTarget) {
  const auto labels = std::make_shared<const imaging::Labels>(imaging::square_grid(3, 5, 1));
  const Matches matches = match_squares(latent_, labels, bank_, {.top_k = 2});
  EXPECT_TRUE(blend(latent_, matches, 0).equal(latent_));
  EXPECT_LT((blend(latent_, matches, 1) - matches.target).abs().max().item<double>(), 1e-6);
  EXPECT_LT((blend(latent_, matches, 0.3) - (latent_ * 0.7 + matches.target * 0.3)).abs().max().item<double>(), 1e-6);
}

TEST_F(Blend, RefusesLatentsOfAnotherSize) {
  EXPECT_THROW(blend(latent_.narrow(1, 0, 2), matched(), 0.5), std::invalid_argument);
}

}  // namespace
}  // namespace matching
