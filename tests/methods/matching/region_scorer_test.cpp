// SPDX-License-Identifier: MIT
#include "methods/matching/region_scorer.h"

#include <gmock/gmock.h>

#include "methods/matching/bank.h"
#include "tests/methods/matching/banks.h"

namespace matching {
namespace {

/// A latent with regions, and cells to take windows from.
class RegionScorerTest : public ::testing::Test {
 protected:
  void use(const at::Tensor& latent, const at::Tensor& source) {
    latent_ = latent.permute({1, 2, 0}).contiguous();
    bank_ = build_bank({source_of(source)}, {});
  }

  static SourceLatent source_of(const at::Tensor& latent) {
    SourceLatent source = made_up_source(1, 1, 1);
    source.latent = latent;
    return source;
  }

  const at::Tensor& cells() const { return bank_->records[0].cells; }

  RegionScorer scorer() const {
    const auto channels = static_cast<int>(latent_.size(2));
    return {{latent_.data_ptr<float>(), latent_.size(1) * channels, channels}, {cells().size(1) * channels}};
  }

  Window window(std::int64_t y, std::int64_t x) const {
    return {cells().data_ptr<float>() + (y * cells().size(1) + x) * cells().size(2), 0};
  }

  /// As CollageNet does it, in double.
  double cosine(const Region& region, std::int64_t y, std::int64_t x) const {
    std::vector<at::Tensor> ours, theirs;
    for (const matching::Run& run : region.runs) {
      ours.push_back(latent_[run.y].narrow(0, run.x, run.length).flatten());
      theirs.push_back(cells()[y + run.y - region.y0].narrow(0, x + run.x - region.x0, run.length).flatten());
    }
    const at::Tensor a = at::cat(ours).to(at::kDouble), b = at::cat(theirs).to(at::kDouble);
    const at::Tensor da = a - a.mean(), db = b - b.mean();
    return (da.dot(db) / (da.norm().clamp_min(1e-6) * db.norm().clamp_min(1e-6))).item<double>();
  }

  at::Tensor latent_;
  std::shared_ptr<const Bank> bank_;
};

class Channels : public RegionScorerTest, public ::testing::WithParamInterface<int> {};

TEST_P(Channels, TheBestOfAllWindows) {
  use(made_up_source(GetParam(), 6, 9, 1).latent, made_up_source(GetParam(), 20, 31, 2).latent);
  const imaging::Labels labels =
      regions({"aabbbbbcc", "adddbbbcc", "dddeedddd", "dfdddddgd", "dfffhhhhd", "dfffihhhh"});
  RegionScorer scorer = this->scorer();
  for (const Region& region : Regions(labels)) {
    scorer.set(region);
    std::vector<Window> windows;
    double best = -2;
    std::size_t index = 0;
    for (std::int64_t y = 0; y + region.height <= 20; ++y) {
      for (std::int64_t x = 0; x + region.width <= 31; x += 3) {
        const double score = cosine(region, y, x);
        if (score > best) {
          best = score;
          index = windows.size();
        }
        windows.push_back(window(y, x));
      }
    }
    const BestWindow found = scorer.best(windows);
    EXPECT_EQ(found.index, index) << "region " << region.label;
    EXPECT_NEAR(found.score, best, 1e-12) << "region " << region.label;
  }
}

INSTANTIATE_TEST_SUITE_P(RegionScorer, Channels, ::testing::Values(1, 3, 4, 16),
                         [](const auto& info) { return "of_" + std::to_string(info.param); });

TEST_F(RegionScorerTest, NumbersFarFromZeroLoseNothing) {
  // Windows that differ in the fourth digit behind the mean: ranks in float say nothing here.
  const at::Tensor source = (made_up_source(4, 12, 12, 2).latent * 0.01 + 30).to(at::kHalf).to(at::kFloat);
  use(made_up_source(4, 3, 3, 1).latent * 0.001 + 100, source);
  const imaging::Labels labels = regions({"aab", "abb", "abb"});
  const Regions all(labels);
  RegionScorer scorer = this->scorer();
  for (const Region& region : Regions(labels)) {
    scorer.set(region);
    std::vector<Window> windows;
    std::vector<double> scores;
    for (std::int64_t i = 0; i < 100; ++i) {
      windows.push_back(window(i / 10, i % 10));
      scores.push_back(cosine(region, i / 10, i % 10));
    }
    const auto best = std::ranges::max_element(scores);
    EXPECT_EQ(scorer.best(windows).index, static_cast<std::size_t>(best - scores.begin()));
    EXPECT_NEAR(scorer.best(windows).score, *best, 1e-9);
  }
}

TEST_F(RegionScorerTest, TheFirstOfEquals) {
  use(made_up_source(4, 2, 2, 1).latent, made_up_source(4, 5, 5, 2).latent);
  const imaging::Labels labels = regions({"aa", "aa"});
  const Regions all(labels);
  RegionScorer scorer = this->scorer();
  scorer.set(*all.begin());
  const BestWindow alone = scorer.best(std::vector<Window>{window(0, 0), window(2, 1), window(3, 3)});
  const Window best = std::vector<Window>{window(0, 0), window(2, 1), window(3, 3)}[alone.index];
  const std::vector<Window> twice{window(0, 0), window(2, 1), window(3, 3), best, best};
  EXPECT_EQ(scorer.best(twice).index, alone.index);
  EXPECT_EQ(scorer.best(std::vector<Window>{best, best, best}).index, 0U);
}

TEST_F(RegionScorerTest, FlatRegionsAndWindowsScoreZero) {
  use(at::full({4, 2, 2}, 0.1), made_up_source(4, 5, 5, 2).latent);
  const imaging::Labels labels = regions({"aa", "aa"});
  const Regions all(labels);
  RegionScorer flat_region = scorer();
  flat_region.set(*all.begin());
  BestWindow found = flat_region.best(std::vector<Window>{window(1, 0), window(2, 1)});
  EXPECT_EQ(found.index, 0U);
  EXPECT_EQ(found.score, 0);

  use(made_up_source(4, 2, 2, 1).latent, at::full({4, 5, 5}, 3.0));
  RegionScorer flat_windows = scorer();
  flat_windows.set(*all.begin());
  found = flat_windows.best(std::vector<Window>{window(1, 0), window(2, 1)});
  EXPECT_EQ(found.index, 0U);
  EXPECT_EQ(found.score, 0);
}

}  // namespace
}  // namespace matching
