// SPDX-License-Identifier: MIT
#include "methods/matching/match_regions.h"

#include <gmock/gmock.h>

#include "methods/matching/blend.h"
#include "tests/methods/matching/banks.h"

namespace matching {
namespace {

struct Case {
  std::string name, method;
};

/// Two projections in a row with one generator, as the original made them: labels are those of the reference.
class RegionsAgainstCollageNet : public ::testing::TestWithParam<Case> {
 protected:
  const at::Tensor& at(const std::string& name) const { return expected_.at(name, GetParam().name); }
  const at::Tensor& at(int projection, const std::string& name) const {
    return at(GetParam().method + "_" + std::to_string(projection) + "_" + name);
  }

  imaging::Labels labels(int projection) const {
    const at::Tensor ids = at(projection, "labels");
    return {.height = static_cast<int>(ids.size(0)),
            .width = static_cast<int>(ids.size(1)),
            .count = ids.max().item<int>() + 1,
            .ids = {ids.data_ptr<std::int32_t>(), ids.data_ptr<std::int32_t>() + ids.numel()}};
  }

  RegionSettings region_settings() const {
    const nlohmann::json& config = settings_["config"];
    return {config["region_candidate_count"], config["region_min_area"], config["region_max_area"],
            config["region_max_bbox_h"], config["region_max_bbox_w"]};
  }

  void compare(int projection, const Matches& matches) const {
    const at::Tensor assigned = at(projection, "assign"), score = at(projection, "score");
    ASSERT_EQ(static_cast<std::int64_t>(matches.matches.size()), assigned.size(0));
    for (std::size_t i = 0; i < matches.matches.size(); ++i) {
      const Match& m = matches.matches[i];
      const at::Tensor row = assigned[static_cast<std::int64_t>(i)];
      const std::vector<std::int32_t> found{m.region, m.record, m.y, m.x, m.y0, m.x0, m.height, m.width};
      EXPECT_EQ(found, std::vector<std::int32_t>(row.data_ptr<std::int32_t>(), row.data_ptr<std::int32_t>() + 8));
      EXPECT_NEAR(m.score, score[static_cast<std::int64_t>(i)].item<float>(), 1e-6);
    }
    const nlohmann::json& stats = settings_["methods"][GetParam().method]["stats"][projection];
    EXPECT_EQ(matches.regions - matches.skipped, stats["num_regions"].get<int>());
    EXPECT_EQ(matches.skipped, stats["num_regions_skipped_bbox"].get<int>());
  }

  const tensors::Npz expected_ = collagenet::arrays(GetParam().name);
  const nlohmann::json settings_ = collagenet::settings(GetParam().name);
};

TEST_P(RegionsAgainstCollageNet, AssignsAndBlendsTheSame) {
  const auto bank = collagenet::bank(settings_["config"]);
  NumpyGenerator generator(settings_["config"]["random_seed"]);
  at::Tensor latent = at("query");
  for (int projection = 0; projection < 2; ++projection) {
    SCOPED_TRACE("projection " + std::to_string(projection));
    const auto map = std::make_shared<const imaging::Labels>(labels(projection));
    const Matches matches = match_regions(latent, map, bank, region_settings(), generator);
    compare(projection, matches);
    latent = blend(latent, matches, settings_["methods"][GetParam().method]["alphas"][projection]);
    EXPECT_LT((latent - at(projection, "latents")).abs().max().item<double>(), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(MatchRegions, RegionsAgainstCollageNet,
                         ::testing::Values(Case{"default", "felzenszwalb"}, Case{"default", "threshold"},
                                           Case{"rotated_bounded", "felzenszwalb"},
                                           Case{"rotated_bounded", "threshold"}),
                         [](const auto& info) { return info.param.name + "_" + info.param.method; });

class MatchRegions : public ::testing::Test {
 protected:
  static std::shared_ptr<const imaging::Labels> map(const std::vector<std::string>& rows) {
    return std::make_shared<const imaging::Labels>(regions(rows));
  }

  Matches match(const std::vector<std::string>& rows, const RegionSettings& settings = {}) {
    const auto height = static_cast<int>(rows.size()), width = static_cast<int>(rows.front().size());
    return match_regions(made_up_source(4, height, width, 7).latent, map(rows), bank_, settings, generator_);
  }

  std::string refusal(const at::Tensor& latent, const imaging::Labels& labels) {
    try {
      match_regions(latent, std::make_shared<const imaging::Labels>(labels), bank_, {}, generator_);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "nothing";
  }

  std::shared_ptr<const Bank> bank_ = build_bank({made_up_source(4, 9, 12, 1), made_up_source(4, 6, 5, 2)}, {});
  NumpyGenerator generator_{1234};
};

TEST_F(MatchRegions, WindowsLieInTheirRecords) {
  const Matches matches = match({"aaabb", "acccb", "cccdb"}, {.region_candidate_count = 40});
  ASSERT_EQ(matches.matches.size(), 4U);
  EXPECT_EQ(matches.regions, 4);
  EXPECT_EQ(matches.skipped, 0);
  for (const Match& m : matches.matches) {
    const at::Tensor& record = bank_->records[static_cast<std::size_t>(m.record)].latent;
    EXPECT_LE(m.y + m.height, record.size(1));
    EXPECT_LE(m.x + m.width, record.size(2));
    EXPECT_GE(m.score, -1);
    EXPECT_LE(m.score, 1);
  }
  const Match& c = matches.matches[2];
  EXPECT_EQ((std::array{c.y0, c.x0, c.height, c.width}), (std::array{1, 0, 2, 4}));
}

TEST_F(MatchRegions, OneCellRegions) {
  const Matches matches = match({"ab", "cd"});
  ASSERT_EQ(matches.matches.size(), 4U);
  for (const Match& m : matches.matches) {
    EXPECT_EQ(m.height, 1);
    EXPECT_EQ(m.width, 1);
  }
}

TEST_F(MatchRegions, OnlySourcesThatAreLargeEnoughAreDrawnFrom) {
  const std::vector<std::string> high(8, "ab");  // higher than the second source
  for (const Match& m : match(high).matches) EXPECT_EQ(m.record, 0);
  // A choice of one and an edge without room draw nothing.
  NumpyGenerator expected(1234);
  generator_ = expected;
  match({std::vector<std::string>(9, std::string(12, 'a'))}, {.region_candidate_count = 3});
  EXPECT_EQ(generator_, expected);
}

TEST_F(MatchRegions, SkipsWhatNoSourceHolds) {
  const std::vector<std::string> too_high(10, "ab"), too_wide{std::string(13, 'a'), std::string(13, 'b')};
  for (const auto& rows : {too_high, too_wide}) {
    const Matches matches = match(rows);
    EXPECT_EQ(matches.regions, 2);
    EXPECT_EQ(matches.skipped, 2);
    EXPECT_TRUE(matches.matches.empty());
    EXPECT_EQ(why_none(matches, {}),
              "every region is higher or wider than every source, the highest of which has 9 and the widest 12 cells: "
              "use larger pictures, or let segment make smaller regions (felzenszwalb_scale)");
  }
  EXPECT_EQ(generator_, NumpyGenerator(1234)) << "skipped regions draw nothing";
}

TEST_F(MatchRegions, KeepsToAreas) {
  const std::vector<std::string> rows{"aaaab", "aaacc"};
  const auto matched = [&](const RegionSettings& settings) {
    std::vector<std::int32_t> ids;
    for (const Match& m : match(rows, settings).matches) ids.push_back(m.region);
    return ids;
  };
  EXPECT_THAT(matched({}), ::testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(matched({.region_min_area = 2}), ::testing::ElementsAre(0, 2));
  EXPECT_THAT(matched({.region_max_area = 2}), ::testing::ElementsAre(1, 2));
  EXPECT_THAT(matched({.region_min_area = 2, .region_max_area = 2}), ::testing::ElementsAre(2));
}

TEST_F(MatchRegions, SaysWhichAreaLeavesNothing) {
  const std::vector<std::string> rows{"aaaab", "aaacc"};
  const auto why = [&](const RegionSettings& settings) { return why_none(match(rows, settings), settings); };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({.region_max_area = 0}),
            "no region has 1 to 0 cells, theirs being 1 to 7 cells: change region_max_area");
  EXPECT_EQ(why({.region_min_area = 8}),
            "no region has 8 to 1200 cells, theirs being 1 to 7 cells: change region_min_area");
  EXPECT_EQ(why({.region_min_area = 3, .region_max_area = 6}),
            "no region has 3 to 6 cells, theirs being 1 to 7 cells: change region_min_area or region_max_area");
}

TEST_F(MatchRegions, KeepsToBoxes) {
  const std::vector<std::string> rows{"aaaab", "cccab", "ccccb"};
  const RegionSettings low{.region_max_bbox_h = 2}, narrow{.region_max_bbox_w = 3}, none{.region_max_bbox_w = 0};
  EXPECT_EQ(match(rows, low).skipped, 1);
  EXPECT_EQ(match(rows, narrow).skipped, 2);
  EXPECT_EQ(match(rows, none).skipped, 0);
  const RegionSettings nothing{.region_max_bbox_h = 1};
  EXPECT_EQ(why_none(match(rows, nothing), nothing),
            "every region is larger than a limit or than every source: raise region_max_bbox_h or region_max_bbox_w");
}

TEST_F(MatchRegions, LabelsWithoutCellsAreLeftOut) {
  imaging::Labels labels = regions({"ac", "ac"});
  EXPECT_EQ(labels.count, 3);
  const Matches matches = match_regions(made_up_source(4, 2, 2).latent, std::make_shared<const imaging::Labels>(labels),
                                        bank_, {}, generator_);
  ASSERT_EQ(matches.matches.size(), 2U);
  EXPECT_EQ(matches.matches[1].region, 2);
}

TEST_F(MatchRegions, Refusals) {
  const at::Tensor latent = made_up_source(4, 2, 3).latent;
  const imaging::Labels labels = regions({"aab", "abb"});
  EXPECT_EQ(refusal(latent, labels), "nothing");
  EXPECT_EQ(refusal(latent.unsqueeze(0), labels), "nothing");
  EXPECT_EQ(refusal(made_up_source(16, 2, 3).latent, labels),
            "the latents have 16 channels, but the bank's, such as made_up_1.npz, have 4: build the bank with the "
            "autoencoder of the model that makes the latents");
  EXPECT_EQ(refusal(at::zeros({2, 4, 2, 3}), labels),
            "latents of 2 pictures in one value: matching takes one, so give each an item of its own");
  EXPECT_EQ(refusal(at::zeros({4, 2, 4}), labels),
            "the latents have 2 x 4 cells, but the labels 2 x 3 cells: segment the same latents");
  EXPECT_EQ(refusal(latent * NAN, labels), "the latents are not numbers any more (NaN or infinite)");
  EXPECT_EQ(refusal(latent / 0, labels), "the latents are not numbers any more (NaN or infinite)");
  EXPECT_EQ(refusal(latent, imaging::square_grid(2, 3, 1)), "the labels are squares, not regions");
  imaging::Labels wrong = labels;
  wrong.ids[4] = 2;
  EXPECT_EQ(refusal(latent, wrong), "the label 2 is not among the 2 that there should be, counted from 0");
}

}  // namespace
}  // namespace matching
