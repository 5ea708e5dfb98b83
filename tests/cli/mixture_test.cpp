// SPDX-License-Identifier: MIT
// Mixture of Diffusers as people run it: the original's own files, its scripts' marks, faults at their places.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <span>

#include "imaging/files/picture.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::string kMixtureData = SOURCE_DIR "/tests/data/";

class Mixture : public testing::Test {
 protected:
  Result run(const std::string& config, std::vector<std::string> words, const std::string& folder = "out") {
    if (std::ranges::count(words, "--model") == 0)
      words.insert(words.end(), {"--model", kMixtureData + "mixture/model"});
    words.insert(words.begin(), {"run", SOURCE_DIR "/configs/" + config, "--quiet", "--output-dir", folder_ / folder});
    return decoupage(words, {kMixtureData + "mixture"});
  }
  json params(const std::string& folder = "out") {
    json params;
    const json record = json::parse(folder_.read(folder + "/run.json"));
    for (const auto& [name, values] : record["params"].items()) params[name] = values["values"][0];
    return params;
  }
  std::vector<std::string> names(const std::string& folder = "out") {
    std::vector<std::string> all;
    for (const auto& [name, bytes] : folder_.outputs(folder)) all.push_back(name);
    return all;
  }

  Folder folder_;
};

TEST_F(Mixture, TakesTheOriginalsGridsAsTheyAre) {
  const Result result = run("mixture_grid.yaml", {"--params", kMixtureData + "originals/mixture_grid.json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(names(), std::vector<std::string>{"639688656-0000.png"});
  const json known = params();
  EXPECT_EQ(known["guidance_scale"], "8");
  EXPECT_EQ(known["num_inference_steps"], "4");
  EXPECT_EQ(known["scheduler"], "\"lms\"");
  EXPECT_EQ(json::parse(known["seed_tiles"].get<std::string>())[0][1], 7310582946);
}

TEST_F(Mixture, AndItsCanvases) {
  const Result result = run("mixture_canvas.yaml", {"--params", "canvases/canvas_img2img_ddim.json", "--steps", "2"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(names(), std::vector<std::string>{"0100-0000.png"});
}

TEST_F(Mixture, FaultsStandWhereTheFileSaysIt) {
  folder_.write("bad.json", "{\n \"prompt\": [[\"a\", \"b\"],\n  [\"c\"]],\n \"tile_width\": 60\n}\n");
  const Result grid = run("mixture_grid.yaml", {"--params", folder_ / "bad.json"});
  EXPECT_EQ(grid.code, 2);
  EXPECT_THAT(grid.err, HasSubstr("bad.json:3:3: error: node 'canvas' (load-grid): prompt[1]: 1 in this row"));
  EXPECT_THAT(grid.err, HasSubstr("bad.json:4:16: error: node 'canvas' (load-grid): tile_width: 60 is not a multiple"));
  folder_.write("bad.yaml", "regions:\n- {row_init: 0, row_end: 128, col_init: 0, col_end: 100, prompt: a}\n");
  const Result canvas = run("mixture_canvas.yaml", {"--params", folder_ / "bad.yaml"});
  EXPECT_EQ(canvas.code, 2);
  // What only opening a picture tells.
  folder_.write("gone.yaml",
                "regions:\n- {row_init: 0, row_end: 128, col_init: 0, col_end: 256, prompt: a}\n"
                "- {kind: image, reference_image: gone.png, row_init: 0, row_end: 8, col_init: 0, col_end: 8}\n");
  EXPECT_THAT(run("mixture_canvas.yaml", {"--params", folder_ / "gone.yaml"}).err,
              HasSubstr("gone.yaml:3:34: error: node 'canvas' (load-canvas): regions[1].reference_image: no file or"));
  folder_.write("mask.yaml",
                "regions:\n- {mask: images/ball.png, col_init: 0, col_end: 128, row_init: 0, row_end: 64}\n");
  EXPECT_THAT(run("mixture_canvas.yaml", {"--params", folder_ / "mask.yaml"}).err,
              HasSubstr("mask.yaml:2:1: error: node 'canvas' (load-canvas): regions: no text region covers rows"));
  EXPECT_THAT(canvas.err, HasSubstr("bad.yaml:2:53: error: node 'canvas' (load-canvas): regions[0].col_end: 100 is"));
}

/// The original fails, or its scripts draw.
TEST_F(Mixture, ASeedThatIsNoneIsDrawn) {
  const std::string region = "{\"row_init\": 0, \"row_end\": 40, \"col_init\": 0, \"col_end\": 48, \"prompt\": \"a\"}";
  for (const char* seed : {"null", "\"RNG\""}) {
    folder_.write("in.json", "{\"canvas_height\": 40, \"canvas_width\": 48, \"seed\": " + std::string(seed) +
                                 ", \"regions\": [" + region + "]}");
    const Result result = run("mixture_canvas.yaml", {"--params", folder_ / "in.json", "--steps", "1", "--run-seed",
                                                      "3", "--to", "start", "--overwrite"});
    EXPECT_EQ(result.code, 0) << result.err;
    const json record = json::parse(folder_.read("out/run.json"));
    EXPECT_NE(record["params"]["seed"].dump(), "\"12345\"");
    EXPECT_THAT(record.dump(), HasSubstr("drawn")) << record["params"]["seed"].dump();
  }
}

/// What is drawn is in the recipe, so that a picture can be made again.
TEST_F(Mixture, WhatIsDrawnIsRecorded) {
  const Result result = run("mixture_grid.yaml", {"--prompt", "[[a, b]]", "--tile-width", "32", "--tile-height", "40",
                                                  "--tile-col-overlap", "8", "--tile-row-overlap", "0", "--steps", "2",
                                                  "--seed-tiles", "[[RNG, null]]", "--seed", "5,6"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto made = folder_.outputs("out");
  ASSERT_TRUE(made.contains("0005-0000.png"));
  const Result recipe = decoupage({"metadata", folder_ / "out/0005-0000.png"}, {folder_.path()});
  EXPECT_THAT(recipe.out, HasSubstr("seed_tiles[0][0] seed"));
  const Result again = decoupage(
      {"rerun", folder_ / "out/0005-0000.png", "--quiet", "--allow-read", kMixtureData, "--output-dir", "again"},
      {folder_.path()});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(folder_.outputs("again").begin()->second, made.at("0005-0000.png"));
}

TEST_F(Mixture, APictureOfEachStepAndAStrip) {
  const Result result =
      run("mixture_canvas.yaml",
          {"--regions", "[{row_init: 0, row_end: 40, col_init: 0, col_end: 48, prompt: a}]", "--canvas-height", "40",
           "--canvas-width", "48", "--steps", "2", "--scheduler", "lms", "--seed", "3", "--decode-steps", "--cpu-vae"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(names(), UnorderedElementsAre("0003-0000.png", "0003-0000-step-000.png", "0003-0000-step-001.png",
                                            "0003-0000-steps.png"));
  EXPECT_EQ(folder_.outputs("out").at("0003-0000.png").substr(0, 4), "\x89PNG");
}

TEST_F(Mixture, ItsRegionsCanBeLookedAt) {
  const Result result = run("mixture_grid.yaml",
                            {"--prompt", "[[a, b]]", "--tile-width", "32", "--tile-height", "40", "--tile-col-overlap",
                             "8", "--tile-row-overlap", "0", "--seed", "1", "--tap", "canvas.texts", "--to", "canvas"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json regions = json::parse(folder_.read("out/canvas.texts.json"));
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions[1]["prompt"], "b");
  EXPECT_EQ(regions[1]["col_init"], 24);
  EXPECT_EQ(regions[1]["row_end"], 40);
  EXPECT_TRUE(regions[1]["guidance_scale"].is_null());
}

TEST_F(Mixture, APlaceInARegionIsSwept) {
  const Result result =
      run("mixture_canvas.yaml",
          {"--regions", "[{row_init: 0, row_end: 40, col_init: 0, col_end: 48, prompt: a}]", "--canvas-height", "40",
           "--canvas-width", "48", "--steps", "1", "--seed", "3", "--regions[0].guidance_scale", "2,7"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto made = folder_.outputs("out");
  ASSERT_EQ(made.size(), 2u);
  EXPECT_NE(made.at("0003-0000.png"), made.at("0003-0001.png"));
}

/// Where tiles begin and end nothing is seen of it: neighbours differ there as they do elsewhere.
TEST_F(Mixture, TilesHaveNoSeams) {
  const Result result = run("mixture_grid.yaml", {"--params", SOURCE_DIR "/examples/mixture/header.json", "--model",
                                                  "embedded", "--steps", "12", "--seed", "1..3"});
  ASSERT_EQ(result.code, 0) << result.err;
  double edges = 0, inside = 0;
  int of_edges = 0, of_inside = 0;
  for (const auto& [name, bytes] : folder_.outputs("out")) {
    const cv::Mat pixels = imaging::decode_picture(std::as_bytes(std::span(bytes)), name);
    ASSERT_EQ(pixels.size(), cv::Size(256, 128));
    for (int x = 1; x < pixels.cols; ++x) {
      const bool is_edge = x % 64 == 0;  // tiles of 128 px that begin every 64
      (is_edge ? edges : inside) += cv::norm(pixels.col(x), pixels.col(x - 1), cv::NORM_L1);
      ++(is_edge ? of_edges : of_inside);
    }
  }
  EXPECT_LT(edges / of_edges, 1.1 * inside / of_inside);
}

/// examples/mixture, in a few steps.
TEST_F(Mixture, ItsExamplesRun) {
  for (const auto& [config, name] :
       {std::pair("mixture_grid.yaml", "header"), std::pair("mixture_grid.yaml", "linearForest"),
        std::pair("mixture_grid.yaml", "styles"), std::pair("mixture_canvas.yaml", "night"),
        std::pair("mixture_canvas.yaml", "postcard")}) {
    const std::string file = std::string(SOURCE_DIR "/examples/mixture/") + name + ".json";
    const Result result =
        run(config, {"--params", file, "--model", "embedded", "--steps", "2", "--tap", "denoise.latents"}, name);
    EXPECT_EQ(result.code, 0) << name << ": " << result.err;
    EXPECT_EQ(names(name).size(), 2u) << name;
  }
}

}  // namespace
}  // namespace testing_cli
