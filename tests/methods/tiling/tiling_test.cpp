// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "methods/tiling/coverage.h"
#include "methods/tiling/grid.h"
#include "methods/tiling/masks.h"
#include "methods/tiling/mix.h"
#include "methods/tiling/strength.h"
#include "schedulers/schedule.h"
#include "tests/nodes/regions/mixture_data.h"

namespace tiling {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Box box_of(const nlohmann::json& numbers) {
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

TEST(Grid, IsTheOriginals) {
  const nlohmann::json all = reference::mixture_json("boxes.json");
  EXPECT_EQ(all.size(), 11u);
  for (const nlohmann::json& one : all) {
    const Grid grid{one["rows"],
                    one["cols"],
                    one["tile_height"],
                    one["tile_width"],
                    one["tile_row_overlap"],
                    one["tile_col_overlap"]};
    EXPECT_EQ(grid.height(), one["canvas_pixels"][0]);
    EXPECT_EQ(grid.width(), one["canvas_pixels"][1]);
    for (const nlohmann::json& tile : one["tiles"]) {
      const std::int64_t row = tile["row"], column = tile["col"];
      SCOPED_TRACE(one.dump().substr(0, 120) + tile.dump());
      EXPECT_EQ(grid.tile(row, column), box_of(tile["latents"]));
      EXPECT_EQ(grid.exclusive(row, column), tile["exclusive_fix"].is_null() ? Box{} : box_of(tile["exclusive_fix"]));
      const std::optional<Box> ref = grid.exclusive_of_both(row, column);
      if (tile["exclusive_ref"].is_string()) EXPECT_FALSE(ref);
      else EXPECT_EQ(ref, box_of(tile["exclusive_ref"]));
    }
  }
}

TEST(Grid, CropsBySharesAreThePipelines) {
  for (const nlohmann::json& one : reference::mixture_json("sdxl_crops.json")) {
    for (std::size_t column = 0; column < one["crops"].size(); ++column)
      EXPECT_EQ(crop_by_share(static_cast<std::int64_t>(column), one["cols"], one["tile_width"]),
                one["crops"][column][1]);
  }
}

TEST(Weights, AreTheOriginals) {
  const reference::Vectors masks(reference::mixture("vectors/masks.npz"));
  int count = 0;
  for (const auto& [name, due] : masks.all()) {
    Weights weights;
    if (name.find("constant") != name.npos) weights.type = MaskType::kConstant;
    if (name.find("quartic") != name.npos) weights.type = MaskType::kQuartic;
    if (name.starts_with("grid")) weights.row_midpoint = RowMidpoint::kHalf;
    const at::Tensor own = weights_of(weights, due.size(0), due.size(1));
    EXPECT_LT(reference::difference(own / due.to(at::kDouble), at::ones_like(own)), 1e-6) << name;
    ++count;
  }
  EXPECT_EQ(count, 24);
}

TEST(Weights, ScaleAndOfOneCell) {
  EXPECT_NEAR(weights_of({.type = MaskType::kQuartic, .weight = 2}, 1, 1).item<double>(), 2 * 0.9375 * 0.9375, 1e-12);
  const at::Tensor mask = at::zeros({2, 3}, at::kDouble);
  EXPECT_EQ(weights_of({.mask = mask}, 2, 3).sum().item<double>(), 0);
  EXPECT_THROW(mask_type_named("linear"), std::invalid_argument);
}

std::shared_ptr<const Region> region(const Box& box, Weights weights = {}) {
  auto one = std::make_shared<Region>();
  one->name = "regions[0]";
  one->box = box;
  one->weights = std::move(weights);
  return one;
}

TEST(Mixer, IsTheWeightedMean) {
  const std::vector<std::shared_ptr<const Region>> regions{
      region({0, 4, 0, 5}), region({1, 4, 2, 8}, {.type = MaskType::kConstant, .weight = 0.5}),
      region({0, 2, 6, 8}, {.type = MaskType::kQuartic})};
  const double values[] = {1, -2, 4};
  std::vector<at::Tensor> predictions;
  at::Tensor num = at::zeros({4, 9}, at::kDouble), den = at::zeros({4, 9}, at::kDouble);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const Box& box = regions[i]->box;
    predictions.push_back(at::full({2, 4, box.height(), box.width()}, values[i], at::kFloat));
    const at::Tensor own = weights_of(regions[i]->weights, box.height(), box.width());
    cells(num, box).add_(own * values[i]);
    cells(den, box).add_(own);
  }
  const at::Tensor mixed = Mixer(regions, 4, 9, at::kCPU)(predictions);
  EXPECT_EQ(mixed.scalar_type(), at::kFloat);
  EXPECT_LT(reference::difference(mixed[1][3], at::where(den > 0, num / den, at::zeros_like(num))), 1e-6);
  EXPECT_EQ(mixed[0][0][0][8].item<float>(), 0) << "which no region has";
  // In another order of the regions it is the same but for rounding.
  const std::vector<std::shared_ptr<const Region>> turned{regions[2], regions[0], regions[1]};
  const std::vector<at::Tensor> also{predictions[2], predictions[0], predictions[1]};
  EXPECT_LT(reference::difference(Mixer(turned, 4, 9, at::kCPU)(also), mixed), 1e-6);
}

TEST(Mixer, RefusesWhatDoesNotFit) {
  EXPECT_THROW(Mixer({region({0, 4, 0, 10})}, 4, 9, at::kCPU), std::invalid_argument);
  const Mixer mixer({region({0, 4, 0, 5})}, 4, 9, at::kCPU);
  EXPECT_THROW(mixer(std::vector<at::Tensor>{}), std::invalid_argument);
  EXPECT_THROW(mixer(std::vector<at::Tensor>{at::zeros({1, 4, 4, 4})}), std::invalid_argument);
}

TEST(Coverage, TellsWhatIsLeftInBoxes) {
  Region left{.box = {0, 4, 0, 3}}, right{.box = {1, 3, 3, 6}};
  EXPECT_THAT(uncovered({left, right}, 4, 6), ElementsAre(Box{0, 1, 3, 6}, Box{3, 4, 3, 6}));
  EXPECT_THAT(uncovered({left, {.box = {0, 4, 2, 6}}}, 4, 6), IsEmpty());
  left.weights.weight = 0;
  EXPECT_THAT(uncovered({left, right}, 4, 6), ElementsAre(Box{0, 1, 0, 6}, Box{1, 4, 0, 3}, Box{3, 4, 3, 6}));
  EXPECT_EQ(listed({{0, 1, 3, 6}}), "rows 0 to 8, columns 24 to 48");
  EXPECT_THAT(listed(std::vector<Box>(7)), HasSubstr("and 3 more"));
}

TEST(Strength, HoldsForAsManyStepsAsTheOriginal) {
  for (const nlohmann::json& one : reference::mixture_json("overrides.json")) {
    const std::string name = one["scheduler"];
    schedulers::Config config;
    config.class_name = name == "lms" ? "LMSDiscreteScheduler" : name == "pndm" ? "PNDMScheduler" : "DDIMScheduler";
    if (name != "ddim") {
      config.beta_start = 0.00085, config.beta_end = 0.012, config.beta_schedule = "scaled_linear";
    }
    if (name == "ddim_sd" || name == "pndm") config.steps_offset = 1, config.set_alpha_to_one = false;
    if (name == "pndm") config.skip_prk_steps = true;
    const schedulers::Schedule schedule(config, {.steps = one["steps"]});
    const std::int64_t star = last_held_step(schedule.steps(), one["strength"], schedule.steps_offset());
    EXPECT_NEAR(schedule.timestep(static_cast<std::size_t>(star)), one["t_star"].get<double>(), 1e-3) << one;
    std::vector<int> held;
    for (std::size_t turn = 0; turn < schedule.size(); ++turn)
      if (schedule.timestep(turn) > schedule.timestep(static_cast<std::size_t>(star)))
        held.push_back(static_cast<int>(turn));
    EXPECT_EQ(held, one["overwritten_after_steps"].get<std::vector<int>>()) << one;
  }
  EXPECT_EQ(last_held_step(10, 0), 0);
}

TEST(Masks, OfPolygons) {
  const cv::Mat mask = polygon_mask({{9, 1}, {23, 1}, {23, 15}, {9, 15}}, 32, 48);
  EXPECT_EQ(box_around(mask), (Box{0, 2, 1, 3}));
  const at::Tensor weights = cell_weights(mask, {0, 4, 0, 6});
  EXPECT_NEAR(weights.sum().item<double>() * 64, 14 * 14, 0.01);
  EXPECT_NEAR(weights[0][1].item<double>() * 64, 49, 0.01);
  EXPECT_EQ(weights[3][5].item<double>(), 0);
  EXPECT_TRUE(box_around(polygon_mask({{-9, -9}, {-1, -9}, {-1, -1}}, 32, 48)).empty());
  const at::Tensor half = cell_weights(polygon_mask({{0, 0}, {48, 0}, {0, 32}}, 32, 48), {0, 4, 0, 6});
  EXPECT_NEAR(half.sum().item<double>(), 12, 0.05) << "of 24 cells";
}

}  // namespace
}  // namespace tiling
