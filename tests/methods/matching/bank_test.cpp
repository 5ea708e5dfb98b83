// SPDX-License-Identifier: MIT
#include "methods/matching/bank.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/methods/matching/banks.h"

namespace matching {
namespace {

using ::testing::HasSubstr;

class BankAgainstCollageNet : public ::testing::TestWithParam<std::string> {
 protected:
  const tensors::Npz expected_ = collagenet::arrays(GetParam());
  const nlohmann::json settings_ = collagenet::settings(GetParam());
  const std::shared_ptr<const Bank> bank_ = collagenet::bank(settings_["config"]);
};

TEST_P(BankAgainstCollageNet, HasTheSamePatches) {
  const at::Tensor record = expected_.at("bank_record", "expected"), y = expected_.at("bank_y", "expected");
  const at::Tensor x = expected_.at("bank_x", "expected"), box = expected_.at("bank_bbox", "expected");
  ASSERT_EQ(static_cast<std::int64_t>(bank_->patches.size()), record.numel());
  for (std::size_t i = 0; i < bank_->patches.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const Patch& patch = bank_->patches[i];
    ASSERT_EQ(patch.record, record[at].item<int>()) << "patch " << i;
    ASSERT_EQ(patch.y, y[at].item<int>()) << "patch " << i;
    ASSERT_EQ(patch.x, x[at].item<int>()) << "patch " << i;
    const Box found = patch_box(*bank_, patch);
    const at::Tensor of = box[at];
    ASSERT_EQ((std::array{found.left, found.top, found.right, found.bottom}),
              (std::array{of[0].item<int>(), of[1].item<int>(), of[2].item<int>(), of[3].item<int>()}))
        << "patch " << i;
  }
}

TEST_P(BankAgainstCollageNet, HasTheSameRecords) {
  const nlohmann::json& records = settings_["records"];
  ASSERT_EQ(bank_->records.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const SourceRecord& record = bank_->records[i];
    const SourceLatent& source = bank_->sources[static_cast<std::size_t>(record.source)];
    EXPECT_EQ(std::filesystem::path(source.path).filename(), records[i]["npz"].get<std::string>());
    EXPECT_EQ(record.rotation, records[i]["rotation"].get<int>());
    EXPECT_EQ(record.original_width, records[i]["original"][0].get<int>());
    EXPECT_EQ(record.original_height, records[i]["original"][1].get<int>());
    EXPECT_EQ(record.latent.size(2) * 8, records[i]["processed"][0].get<int>());
    EXPECT_EQ(record.latent.size(1) * 8, records[i]["processed"][1].get<int>());
  }
}

TEST_P(BankAgainstCollageNet, VectorsAreThePatchesNumbers) {
  const int side = bank_->settings.patch_size;
  for (std::size_t i = 0; i < bank_->patches.size(); i += 17) {
    const Patch& patch = bank_->patches[i];
    const at::Tensor& latent = bank_->records[static_cast<std::size_t>(patch.record)].latent;
    const at::Tensor window = latent.narrow(1, patch.y, side).narrow(2, patch.x, side).reshape({-1});
    const auto at = static_cast<std::int64_t>(i);
    EXPECT_TRUE(bank_->raw[at].equal(window));
    const at::Tensor centred = window.to(at::kDouble) - window.to(at::kDouble).mean();
    EXPECT_LT((bank_->normalised[at].to(at::kDouble) - centred / centred.norm()).abs().max().item<double>(), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Bank, BankAgainstCollageNet, ::testing::Values("default", "rotated_bounded", "patch4_top3"),
                         [](const auto& info) { return info.param; });

TEST(Bank, TurnsCounterClockwise) {
  const auto bank = build_bank({made_up_source(2, 3, 5)}, {.do_rotated = true});
  ASSERT_EQ(bank->records.size(), 4U);
  const at::Tensor latent = bank->sources[0].latent, turned = bank->records[1].latent;
  ASSERT_EQ(turned.sizes(), (std::vector<std::int64_t>{2, 5, 3}));
  // The right column becomes the top row.
  EXPECT_TRUE(turned.select(1, 0).equal(latent.select(2, 4)));
  EXPECT_EQ(bank->records[1].original_width, bank->sources[0].original_height);
  for (const SourceRecord& record : bank->records) EXPECT_TRUE(record.cells.permute({2, 0, 1}).equal(record.latent));
}

TEST(Bank, TakesEvenlyUntilNothingIsLeft) {
  const std::vector<SourceLatent> sources{made_up_source(1, 2, 2, 1), made_up_source(1, 9, 9, 2),
                                          made_up_source(1, 3, 3, 3)};
  const auto counts = [&](int total) {
    std::array<int, 3> counts{};
    const auto bank = build_bank(sources, {.total_patches = total});
    for (const Patch& patch : bank->patches) ++counts[static_cast<std::size_t>(patch.record)];
    return counts;
  };
  EXPECT_EQ(counts(1), (std::array{1, 0, 0}));
  EXPECT_EQ(counts(8), (std::array{3, 3, 2}));
  EXPECT_EQ(counts(20), (std::array{4, 8, 8}));
  EXPECT_EQ(counts(93), (std::array{4, 80, 9}));
  EXPECT_EQ(counts(94), (std::array{4, 81, 9}));
  EXPECT_EQ(counts(1000), (std::array{4, 81, 9}));
}

TEST(Bank, SourcesTooSmallForAPatchGiveNone) {
  const auto bank = build_bank({made_up_source(4, 2, 9, 1), made_up_source(4, 4, 4, 2)}, {.patch_size = 3});
  ASSERT_EQ(bank->patches.size(), 1U);
  EXPECT_EQ(bank->patches[0].record, 1);
  EXPECT_EQ(bank->raw.sizes(), (std::vector<std::int64_t>{1, 36}));
}

std::string refusal(std::vector<SourceLatent> sources, const BankSettings& settings = {}) {
  try {
    build_bank(std::move(sources), settings);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Bank, Refusals) {
  SourceLatent other = made_up_source(4, 3, 3, 2), broken = other;
  other.scaling_factor = 0.18215;
  broken.latent = broken.latent.clone();
  broken.latent[0][1][1] = NAN;
  EXPECT_EQ(refusal({}), "no sources: source_images or source_latents must name at least one picture");
  EXPECT_EQ(refusal({made_up_source(4, 3, 3), made_up_source(16, 3, 3, 2)}),
            "made_up_2.npz: has 16 channels, but the first source, made_up_1.npz, has 4: encode all with the same "
            "autoencoder");
  EXPECT_EQ(refusal({made_up_source(4, 3, 3), other}),
            "made_up_2.npz: has the scaling factor 0.18215, but the first source, made_up_1.npz, has 0.13025: encode "
            "all with the same autoencoder");
  EXPECT_EQ(refusal({broken}), "made_up_2.npz: the latent holds what is not a number (NaN or infinite)");
  EXPECT_EQ(refusal({made_up_source(4, 3, 5)}, {.patch_size = 4}),
            "patch_size 4 is larger than every source, the first of which, made_up_1.npz, has 3 x 5 cells: choose "
            "smaller patches or larger pictures");
}

}  // namespace
}  // namespace matching
