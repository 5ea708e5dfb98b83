// SPDX-License-Identifier: MIT
#include "matching/match_regions.h"

#include <gmock/gmock.h>

#include "matching/blend.h"
#include "tests/matching/banks.h"

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

}  // namespace
}  // namespace matching
