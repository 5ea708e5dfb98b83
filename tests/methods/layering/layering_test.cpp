// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <opencv2/imgproc.hpp>

#include "methods/layering/hold.h"
#include "methods/layering/levels.h"
#include "tests/imaging/fixtures.h"
#include "tests/methods/layering/layering_data.h"

namespace layering {
namespace {

using nlohmann::json;
using reference::difference;
using ::testing::HasSubstr;

TEST(Layering, ResizesAndTurnsAsTheOriginal) {
  const json cases = reference::layers_json("expected/layer_cases.json");
  EXPECT_EQ(cases.size(), 10u);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const json& one = cases[i];
    const cv::Mat picture = imaging::read_rgba(reference::layers(one["picture"]).string());
    const cv::Mat sized = imaging::resized_rgba(picture, one["size"][0], one["size"][1]);
    EXPECT_TRUE(same_pixels(imaging::rotated_rgba(sized, one["rotation"]),
                            reference::layers_picture("layer_case" + std::to_string(i))))
        << i;
  }
}

TEST(Layering, PolygonsAreTheOriginals) {
  const json cases = reference::layers_json("expected/polygons.json");
  EXPECT_EQ(cases.size(), 8u);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const json& one = cases[i];
    if (one["polygon"].empty()) continue;  // the whole picture
    const cv::Mat mask = imaging::inside_polygon({reference::ring_of(one["polygon"])}, one["width"], one["height"]);
    cv::Mat due;
    cv::extractChannel(reference::layers_picture("polygon" + std::to_string(i)), due, 0);
    EXPECT_TRUE(same_pixels(mask, due)) << i;
    const cv::Rect box = cv::boundingRect(mask);
    const json around = one["box_xmin_ymin_xmax_ymax"];
    EXPECT_EQ(cv::Rect(cv::Point(around[0], around[1]), cv::Point(around[2], around[3]) + cv::Point(1, 1)), box) << i;
  }
}

TEST(Layering, APolygonMayHaveHoles) {
  const std::vector<imaging::RelativePoint> outer{{0, 0}, {1, 0}, {1, 1}, {0, 1}},
      hole{{0.25, 0.25}, {0.75, 0.25}, {0.75, 0.75}, {0.25, 0.75}};
  const cv::Mat mask = imaging::inside_polygon({outer, hole}, 16, 16);
  EXPECT_EQ(mask.at<unsigned char>(8, 8), 0);
  EXPECT_EQ(mask.at<unsigned char>(2, 8), 255);
}

TEST(Layering, PlacesAsTheOriginal) {
  const std::vector<cv::Mat> placed = reference::placed_layers("main", 128, 128);
  ASSERT_EQ(placed.size(), 5u);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const std::string name = "main_layer" + std::to_string(i);
    EXPECT_TRUE(same_pixels(placed[i], reference::layers_picture(name + "_placed_fix"))) << i;
  }
  const cv::Mat grey(128, 128, CV_8UC3, cv::Scalar(150, 150, 150));
  EXPECT_TRUE(same_pixels(composite(placed, grey), colours_of(reference::layers_picture("main_composite"))));
}

TEST(Layering, MasksAreTheOriginals) {
  const reference::Vectors vectors(reference::layers("vectors/masks.npz"));
  const std::vector<cv::Mat> placed = reference::placed_layers("main", 128, 128);
  const std::vector<cv::Mat> squared = visible_masks(placed, Opacity::kSquared),
                             exact = visible_masks(placed, Opacity::kExact);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const auto k = static_cast<std::int64_t>(i);
    EXPECT_NEAR(cv::sum(squared[i])[0], vectors["mask_sum_ref"][k].item<double>(), 1e-3) << i;
    const at::Tensor mask = reference::tensor_of(exact[i]);
    if (vectors.has("masks_fix")) EXPECT_LT(difference(mask, vectors["masks_fix"][k]), 1e-6) << i;
    else EXPECT_LT(difference(reference::thinned(mask), vectors["masks_fix_thin"][k]), 1e-6) << i;
    for (const std::int64_t side : {16, 8, 4, 2}) {
      const at::Tensor whole = reference::tensor_of(squared[i]).to(at::kFloat).unsqueeze(0).unsqueeze(0);
      EXPECT_LT(difference(at::upsample_bilinear2d(whole, {side, side}, false)[0][0],
                           vectors["pyramid_ref_" + std::to_string(side)][k]),
                1e-6)
          << i;
    }
  }
}

/// What is opaque has masks of 0 and 1 that add up to what is covered.
TEST(Layering, MasksOfOpaqueLayersAreWhereTheyAreSeen) {
  std::vector<cv::Mat> layers;
  for (const int left : {0, 4, 8}) {
    layers.emplace_back(16, 16, CV_8UC4, cv::Scalar(0, 0, 0, 0));
    layers.back()(cv::Rect(left, 4, 8, 8)).setTo(cv::Scalar(9, 9, 9, 255));
  }
  for (const Opacity opacity : {Opacity::kExact, Opacity::kSquared}) {
    const std::vector<cv::Mat> masks = visible_masks(layers, opacity);
    EXPECT_EQ(cv::sum(masks[0])[0], 4 * 8);
    EXPECT_EQ(cv::sum(masks[1])[0], 4 * 8);
    EXPECT_EQ(cv::sum(masks[2])[0], 8 * 8);
  }
  layers.resize(1);
  layers[0].setTo(cv::Scalar(0, 0, 0, 128));
  EXPECT_DOUBLE_EQ(visible_masks(layers, Opacity::kExact)[0].at<double>(0, 0), 128 / 255.0);
  EXPECT_DOUBLE_EQ(visible_masks(layers, Opacity::kSquared)[0].at<double>(0, 0), 64 / 255.0);
}

TEST(Layering, NoiseMapsAreTheOriginals) {
  const std::vector<cv::Mat> placed = reference::placed_layers("main", 128, 128);
  const std::vector<double> noise = reference::noise_of("main");
  const double most = std::ranges::max(noise);
  const std::vector<cv::Mat> squared = visible_masks(placed, Opacity::kSquared),
                             exact = visible_masks(placed, Opacity::kExact);
  const reference::Vectors vectors(reference::layers("vectors/noise_map.npz"));
  for (const auto& [letter, form] : {std::pair("a", MapForm::kBytes), std::pair("b", MapForm::kFaint)}) {
    for (const auto& [name, blur] : {std::pair("unblurred", 0.0), std::pair("blur3", 3.0), std::pair("blur10", 10.0)}) {
      cv::Mat due, bytes;
      cv::extractChannel(reference::layers_picture(std::string("main_noise_map_") + name + "_" + letter), due, 0);
      const cv::Mat map = level_map(squared, noise, most, form, blur);
      map.convertTo(bytes, CV_8U, 255);
      EXPECT_TRUE(same_pixels(bytes, due)) << letter << " " << name;
      if (blur == 0) continue;
      const at::Tensor keep = keep_map(reference::tensor_of(map).to(at::kFloat).unsqueeze(0).unsqueeze(0));
      EXPECT_EQ(difference(keep[0][0], vectors[std::string("keep_") + letter + "_" + name]), 0) << letter << name;
    }
  }
  const at::Tensor map = reference::tensor_of(level_map(exact, noise, most, MapForm::kExact, 10));
  if (vectors.has("map_fix_blur10")) EXPECT_LT(difference(map * 255, vectors["map_fix_blur10"]), 1e-4);
  else EXPECT_LT(difference(reference::thinned(map) * 255, vectors["map_fix_blur10_thin"]), 1e-4);
  const at::Tensor keep = keep_map(map.to(at::kFloat).unsqueeze(0).unsqueeze(0));
  EXPECT_LT(difference(keep[0][0], vectors["keep_fix_blur10"]), 1e-6);
  const cv::Mat unblurred = level_map(exact, noise, most, MapForm::kExact, 0);
  EXPECT_FLOAT_EQ(unblurred.at<float>(127, 127), static_cast<float>(most));
}

TEST(Layering, EditsAreTheOriginals) {
  const std::vector<cv::Mat> placed = reference::placed_layers("edit", 128, 128);
  const cv::Mat before = colours_of(reference::layers_picture("run_all_ref_image"));
  std::vector<bool> redrawn;
  for (const double noise : reference::noise_of("edit")) redrawn.push_back(noise > 0.2);
  const cv::Scalar grey(150, 150, 150);
  const cv::Mat ref =
      edited(placed, visible_masks(placed, Opacity::kSquared), redrawn, before, EditColours::kOverGrey, grey);
  EXPECT_TRUE(same_pixels(ref, colours_of(reference::layers_picture("run_edit_ref_composite"))));
  const cv::Mat fix = edited(placed, visible_masks(placed, Opacity::kExact), redrawn, before, EditColours::kOwn, grey);
  EXPECT_TRUE(same_pixels(fix, colours_of(reference::layers_picture("run_edit_fix_composite"))));
}

TEST(Layering, EdgeMapsAreTheOriginals) {
  const std::vector<cv::Mat> placed = reference::placed_layers("control", 128, 128);
  const json strengths = reference::layers_json("runs.json")["control"]["control_strengths"];
  for (int net = 0; net < 2; ++net) {
    const cv::Mat map =
        level_map(visible_masks(placed, Opacity::kSquared),
                  strengths[static_cast<std::size_t>(net)].get<std::vector<double>>(), 0, MapForm::kBytes, 0);
    cv::Mat due, bytes;
    cv::extractChannel(reference::layers_picture("run_control_map" + std::to_string(net + 1)), due, 0);
    map.convertTo(bytes, CV_8U, 255);
    EXPECT_TRUE(same_pixels(bytes, due)) << net;
  }
}

TEST(Layering, HoldsUntilTheStepIsAtTheLayersLevel) {
  const at::Tensor keep = at::full({1, 1, 4, 4}, 1 - 0.4F);
  const auto timestep = [](int k) { return 999.0 * (49 - k) / 49; };  // of 50 steps
  for (int k = 0; k < 50; ++k)
    EXPECT_EQ(held_cells(keep, timestep(k), 1000, 0).sum().item<double>(), k < 30 ? 16 : 0) << k;
  EXPECT_EQ(hold_reach(750, 1000), 3);
  EXPECT_EQ(hold_reach(749.9, 1000), 2);
  EXPECT_EQ(hold_reach(250, 1000), 1);
  EXPECT_EQ(hold_reach(249, 1000), 0);
  at::Tensor one = at::zeros({1, 1, 5, 5});
  one[0][0][2][2] = 1;
  EXPECT_EQ(held_cells(one, 500, 1000, 1).sum().item<double>(), 9);
}

TEST(Layering, StrengthsAreTunedByTheLayersSize) {
  const Cut cut{cv::Mat(50, 100, CV_8UC4), {100, 50}, {0, 0, 100, 50}};
  Layer layer{.placement = {.scale = 0.005}};
  EXPECT_DOUBLE_EQ(strengths_of(layer, cut).noise, 0.8);
  layer.tunes = true;
  const Strengths half = strengths_of(layer, cut);
  EXPECT_DOUBLE_EQ(half.noise, 0.6);
  EXPECT_DOUBLE_EQ(half.attention, 0.4);
  EXPECT_DOUBLE_EQ(half.negative_attention, 0.65);
  EXPECT_DOUBLE_EQ(half.edge, 0.6);
  layer.is_top = true;
  layer.attention = 0.1;
  EXPECT_DOUBLE_EQ(strengths_of(layer, cut).noise, 0.4);
  EXPECT_DOUBLE_EQ(strengths_of(layer, cut).attention, 0.1);
}

TEST(Layering, RefusesWhatIsNotThere) {
  const cv::Mat picture(8, 8, CV_8UC4, cv::Scalar::all(255));
  EXPECT_THAT(thrown_by([&] { cut_out(picture, {{{2, 2}, {3, 2}, {3, 3}}}, {}); }), HasSubstr("covers no pixel"));
  EXPECT_THAT(thrown_by([&] { cut_out(picture, {}, cv::Mat(4, 4, CV_8UC1, cv::Scalar(0))); }),
              HasSubstr("covers no pixel"));
  EXPECT_THAT(thrown_by([&] { placed({picture, {8, 8}, {}}, {.scale = 1e6}, 512, 512); }), HasSubstr("it would be of"));
  EXPECT_DOUBLE_EQ(scale_of({}, {40, 80}), 1 / 80.0);
}

}  // namespace
}  // namespace layering
