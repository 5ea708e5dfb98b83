// SPDX-License-Identifier: MIT
#include "methods/matching/match_squares.h"

#include <gmock/gmock.h>

#include "methods/matching/blend.h"
#include "methods/matching/match_regions.h"
#include "tests/methods/matching/banks.h"

namespace matching {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const imaging::Labels> grid(const at::Tensor& latent, int side) {
  const auto height = static_cast<int>(latent.size(-2)), width = static_cast<int>(latent.size(-1));
  return std::make_shared<const imaging::Labels>(imaging::square_grid(height, width, side));
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

class SquaresAgainstCollageNet : public ::testing::TestWithParam<std::string> {};

TEST_P(SquaresAgainstCollageNet, ChoosesAndBlendsTheSame) {
  const tensors::Npz expected = collagenet::arrays(GetParam());
  const nlohmann::json settings = collagenet::settings(GetParam()), config = settings["config"];
  const auto bank = collagenet::bank(config);
  at::Tensor latent = expected.at("query", "query");
  for (int projection = 0; projection < 2; ++projection) {
    const std::string name = "square_" + std::to_string(projection) + "_";
    const Matches matches =
        match_squares(latent, grid(latent, config["patch_size"]), bank,
                      {.top_k = config["top_k"], .similarity_temperature = config["similarity_temperature"]});
    EXPECT_TRUE(matches.indices.equal(expected.at(name + "indices", name)));
    const nlohmann::json& stats = settings["methods"]["square"]["stats"][projection];
    EXPECT_EQ(matches.matches.size(), stats["num_queries"].get<std::size_t>());
    EXPECT_NEAR(matches.mean_topk, stats["mean_topk_cosine"].get<double>(), 1e-6);
    latent = blend(latent, matches, settings["methods"]["square"]["alphas"][projection]);
    EXPECT_LT(difference(latent, expected.at(name + "latents", name)), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(MatchSquares, SquaresAgainstCollageNet, ::testing::Values("default", "patch4_top3"),
                         [](const auto& info) { return info.param; });

class MatchSquares : public ::testing::Test {
 protected:
  const std::shared_ptr<const Bank> bank_ = build_bank({made_up_source(3, 8, 8)}, {.patch_size = 2});
  const at::Tensor latent_ = made_up_source(3, 4, 6, 2).latent;
};

TEST_F(MatchSquares, SaysWhereTheBestPatchLies) {
  const Matches matches = match_squares(latent_.unsqueeze(0), grid(latent_, 2), bank_, {});
  ASSERT_EQ(matches.matches.size(), 6U);
  ASSERT_EQ(matches.indices.sizes(), (std::vector<std::int64_t>{2, 3}));
  for (std::int64_t i = 0; i < 6; ++i) {
    const Match& match = matches.matches[static_cast<std::size_t>(i)];
    EXPECT_EQ(match.region, i);
    EXPECT_EQ(match.y0, i / 3 * 2);
    EXPECT_EQ(match.x0, i % 3 * 2);
    EXPECT_EQ(match.height, 2);
    EXPECT_EQ(match.width, 2);
    const at::Tensor window = bank_->records[0].latent.narrow(1, match.y, 2).narrow(2, match.x, 2);
    EXPECT_TRUE(matches.target.narrow(1, match.y0, 2).narrow(2, match.x0, 2).equal(window));
    const at::Tensor square = latent_.narrow(1, match.y0, 2).narrow(2, match.x0, 2).reshape({1, -1});
    EXPECT_NEAR(match.score, (normalised(square) * normalised(window.reshape({1, -1}))).sum().item<float>(), 1e-6);
    const Patch& patch = bank_->patches[static_cast<std::size_t>(matches.indices[i / 3][i % 3].item<int>())];
    EXPECT_EQ(std::make_pair(patch.y, patch.x), std::make_pair(match.y, match.x));
  }
}

TEST_F(MatchSquares, MixesByTheSoftmaxOfTheScores) {
  const double temperature = 0.3;
  const Matches matches =
      match_squares(latent_, grid(latent_, 2), bank_, {.top_k = 5, .similarity_temperature = temperature});
  const at::Tensor square = normalised(latent_.narrow(1, 2, 2).narrow(2, 4, 2).reshape({1, -1}));
  const auto [scores, indices] = at::topk(at::mm(square, bank_->normalised.t()), 5);
  const at::Tensor weights = at::softmax(scores / temperature, 1);
  const at::Tensor expected = at::mm(weights, bank_->raw.index_select(0, indices[0])).view({3, 2, 2});
  EXPECT_LT(difference(matches.target.narrow(1, 2, 2).narrow(2, 4, 2), expected), 1e-6);
}

TEST_F(MatchSquares, AskingForMoreThanTheBankHasTakesAll) {
  const Matches all = match_squares(latent_, grid(latent_, 2), bank_, {.top_k = 16}),
                more = match_squares(latent_, grid(latent_, 2), bank_, {.top_k = 100000});
  EXPECT_TRUE(more.target.equal(all.target));
  EXPECT_EQ(more.mean_topk, all.mean_topk);
}

TEST_F(MatchSquares, ChunksDoNotMatter) {
  const Matches few = match_squares(latent_, grid(latent_, 2), bank_, {.top_k = 3, .dictionary_chunk_size = 2});
  EXPECT_TRUE(few.target.equal(match_squares(latent_, grid(latent_, 2), bank_, {.top_k = 3}).target));
}

TEST_F(MatchSquares, FlatSquaresTakeTheFirstPatch) {
  const at::Tensor flat = at::full({3, 4, 6}, 0.5);
  const Matches matches = match_squares(flat, grid(flat, 2), bank_, {});
  EXPECT_TRUE(matches.indices.equal(at::zeros({2, 3}, at::kInt)));
  EXPECT_EQ(matches.matches.front().score, 0);
}

TEST_F(MatchSquares, Refusals) {
  const auto refusal = [&](const at::Tensor& latent, std::shared_ptr<const imaging::Labels> labels) -> std::string {
    try {
      match_squares(latent, std::move(labels), bank_, {});
    } catch (const std::exception& error) {
      return error.what();
    }
    return "nothing";
  };
  EXPECT_EQ(refusal(latent_, grid(latent_, 1)),
            "the labels are squares of patch_size 1, but the bank's patches have patch_size 2: give segment and "
            "patch-bank the same");
  EXPECT_EQ(refusal(latent_, std::make_shared<const imaging::Labels>(regions({"ab"}))),
            "the labels are regions, not squares");
  EXPECT_THAT(refusal(at::zeros({4, 4, 6}), grid(latent_, 2)),
              HasSubstr("the latents have 4 channels, but the bank's"));
  EXPECT_THAT(refusal(at::zeros({2, 3, 4, 6}), grid(latent_, 2)), HasSubstr("latents of 2 pictures"));
  EXPECT_THAT(refusal(latent_.narrow(2, 0, 4), grid(latent_, 2)),
              HasSubstr("the latents have 4 x 4 cells, but the labels 4 x 6 cells"));
  EXPECT_THAT(refusal(latent_ * NAN, grid(latent_, 2)), HasSubstr("not numbers"));
}

}  // namespace
}  // namespace matching
