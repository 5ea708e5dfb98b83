// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <set>
#include <span>

#include "imaging/files/picture.h"
#include "imaging/files/png.h"
#include "tests/cli/program.h"

/// Every graph that ships, run on the embedded model and compared with the picture that it made before. `make golden`
/// makes those anew, in tests/data/golden.
namespace testing_cli {
namespace {

namespace fs = std::filesystem;

const std::string kRoot = SOURCE_DIR;

struct Shipped {
  std::string graph;               ///< below the project's folder
  std::vector<std::string> words;  ///< for a small run
  std::string picture;             ///< of what it writes, the one to compare
};

void PrintTo(const Shipped& shipped, std::ostream* out) {
  *out << shipped.graph;
}

const std::vector<std::string> kMoon{"--prompt", "a red moon at night, painted", "--seed", "1", "--steps", "8"};

std::vector<std::string> moon(const std::vector<std::string>& words) {
  std::vector<std::string> all = kMoon;
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

const std::vector<Shipped> kShipped{
    {"configs/collage_diffusion.yaml",
     {"--params", kRoot + "/examples/collage_diffusion/collage.json", "--steps", "12"},
     "0007-0000.png"},
    {"configs/collage_layers.yaml",
     {"--max-width", "256", "--total-patches", "4000", "--pixel-render-scale", "1", "--steps", "12"},
     "0042-0000.png"},
    {"configs/collage_noise.yaml", {"--noise", "0.1,0.6", "--steps", "8", "--cell", "96"}, "sheet.png"},
    {"configs/collage_sweep.yaml",
     moon({"--sweep", "felzenszwalb_scale=2,8", "--sweep", "alpha_end=0,0.5", "--set", "sheet.cell=96"}), "sheet.png"},
    {"configs/collagenet.yaml",
     moon({"--source-images", kRoot + "/assets/papers", "--max-width", "256", "--felzenszwalb-scale", "4", "--name",
           "moon"}),
     "moon.png"},
    {"configs/control.yaml",
     {"--image", kRoot + "/tests/data/control/pictures/house.png", "--prompt", "a red house on a meadow, paper cut",
      "--seed", "1", "--steps", "8", "--guidance-scale", "3"},
     "0001-0000.png"},
    {"configs/demo.yaml", moon({"--set", "sheet.cell=192"}), "sheet.png"},
    {"configs/img2img.yaml",
     moon({"--image", kRoot + "/assets/papers/photo-00-cat.jpg", "--width", "128", "--height", "128"}),
     "0001-0000.png"},
    {"configs/inpaint.yaml",
     moon({"--image", kRoot + "/assets/papers/photo-00-cat.jpg", "--mask",
           kRoot + "/tests/data/control/pictures/mask_soft.png"}),
     "0001-0000.png"},
    {"configs/landscape.yaml", {"--width", "96", "--height", "96"}, "landscape-001-0000.png"},
    {"configs/learn_token.yaml",
     {"--image", kRoot + "/examples/fit_latents/house.png", "--text", "house", "--size", "64", "--steps", "2",
      "--draw-steps", "8", "--guidance-scale", "3"},
     "0000.png"},
    {"configs/mixture_canvas.yaml",
     {"--params", kRoot + "/examples/mixture/night.json", "--steps", "12"},
     "0005-0000.png"},
    {"configs/mixture_collage.yaml",
     {"--max-width", "256", "--total-patches", "4000", "--pixel-render-scale", "1", "--steps", "12"},
     "0001-0000.png"},
    {"configs/mixture_grid.yaml",
     {"--params", kRoot + "/examples/mixture/header.json", "--steps", "12"},
     "0003-0000.png"},
    {"configs/papers.yaml", {"--size", "64", "--quality", "100"}, "painted-00-teal.jpg"},
    {"configs/prompts.yaml", moon({"--prompt", "a blue house on a meadow, paper cut", "--set", "sheet.cell=64"}),
     "sheet.png"},
    {"configs/refine.yaml", moon({"--model", "embedded", "--refiner", "embedded"}), "0001-0000.png"},
    {"configs/regional.yaml", {"--seed", "1", "--steps", "8", "--guidance-scale", "3"}, "0001-0000.png"},
    {"configs/resize.yaml", {"--width", "64", "--index", "0"}, "resized-0000.png"},
    {"configs/sweep.yaml", {"--size", "48", "--sweep", "palette=sun,teal"}, "sheet.png"},
    {"configs/txt2img.yaml", kMoon, "0001-0000.png"},
    {"examples/collage_diffusion/beside.yaml", {"--cell", "48", "--columns", "6"}, "beside.png"},
    {"examples/collect/strip.yaml", {"--layers", "3"}, "strip.png"},
    {"examples/data/records.yaml", {"--set", "save.path=sheet.png"}, "sheet.png"},
    {"examples/each/grid.yaml", {"--count", "4"}, "grid.png"},
    {"examples/endless/endless.yaml", {"--number", "4", "--run-seed", "3"}, "00004.png"},
    {"examples/first/branch.yaml", {}, "true.png"},
    {"examples/fit_latents/fit.yaml", {"--steps", "20", "--size", "64"}, "fit.png"},
    {"examples/fit_prompt/learn.yaml", {"--steps", "4"}, "learned.png"},
    {"examples/items/rows.yaml", {"--items", kRoot + "/examples/items/rows.csv"}, "hill-5.png"},
    {"examples/pick/postcards.yaml", {"--seed", "1", "--steps", "8"}, "0001.png"},
    {"examples/shared/collection.yaml", {"--style", "washed"}, "washed-000.png"},
    {"examples/slurm/noise.yaml", {"--size", "48", "--seed", "1,2"}, "sheet.png"},
    {"examples/try_bank/try_bank.yaml",
     {"--latents", kRoot + "/tests/data/collagenet/latents/paper_0.npz", "--key", "latent", "--source-latents",
      kRoot + "/tests/data/collagenet/latents", "--felzenszwalb-scale", "4"},
     "regions.png"},
};

std::string name_of(const Shipped& shipped) {
  return fs::path(shipped.graph).stem().string();
}

cv::Mat pixels_of(const std::string& bytes, const std::string& name) {
  return imaging::decode_picture(std::as_bytes(std::span(bytes)), name);
}

/// Whether a picture is the golden one of that name.
void expect_golden(const std::string& picture, const std::string& name) {
  const std::string golden = Folder::text_of(kRoot + "/tests/data/golden/" + name);
  const cv::Mat got = pixels_of(picture, "got"), due = pixels_of(golden, "due");
  ASSERT_EQ(got.size(), due.size());
  // Processors round differently, and a region may then choose another window.
  const double difference = cv::norm(got, due, cv::NORM_L1) / static_cast<double>(3 * got.total());
  EXPECT_LT(difference * (got.depth() == CV_8U ? 1 : 255), 3) << "grey levels, on average";
}

class Golden : public testing::TestWithParam<Shipped> {};

TEST_P(Golden, Picture) {
  const Folder folder;
  std::vector<std::string> words{"run", kRoot + "/" + GetParam().graph};
  words.insert(words.end(), GetParam().words.begin(), GetParam().words.end());
  words.insert(words.end(), {"--quiet", "--output-dir", "out"});
  const Result result = decoupage(words, {folder.path(), {{"XDG_CACHE_HOME", folder / "cache"}}});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto made = folder.outputs("out");
  ASSERT_TRUE(made.contains(GetParam().picture)) << testing::PrintToString(folder.names("out"));
  const std::string& picture = made.at(GetParam().picture);
  const std::string extension = fs::path(GetParam().picture).extension().string();
  if (const char* write_to = std::getenv("DECOUPAGE_WRITE_GOLDEN")) {
    // The pixels alone: the recipe of a picture says where its graph lies.
    const cv::Mat made_pixels = pixels_of(picture, "made");
    const std::vector<std::byte> bytes =
        imaging::encode_png(made_pixels.depth() == CV_8U ? made_pixels : imaging::to_8bit(made_pixels));
    const std::string pixels(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::ofstream(fs::path(write_to) / (name_of(GetParam()) + extension), std::ios::binary)
        << (extension == ".png" ? pixels : picture);
    return;
  }
  expect_golden(picture, name_of(GetParam()) + extension);
}

INSTANTIATE_TEST_SUITE_P(Graphs, Golden, testing::ValuesIn(kShipped),
                         [](const auto& info) { return name_of(info.param); });

TEST(Golden, HasEveryGraphThatShips) {
  std::set<std::string> graphs, here;
  for (const char* below : {"configs", "examples"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(kRoot) / below)) {
      if (entry.path().extension() == ".yaml") graphs.insert(fs::relative(entry.path(), kRoot).string());
    }
  }
  graphs.erase("examples/custom_node/poster.yaml");  // below, since it needs its plugin
  std::erase_if(graphs, [](const std::string& file) { return file.starts_with("examples/kubernetes/"); });  // manifests
  std::erase_if(graphs, [](const std::string& file) { return file.starts_with("configs/parts/"); });  // bins of others
  for (const Shipped& shipped : kShipped) here.insert(shipped.graph);
  EXPECT_EQ(here, graphs);
}

/// What examples/custom_node drew with the plugin that tests/package built.
TEST(GoldenPlugin, Poster) {
  const char* poster = std::getenv("DECOUPAGE_POSTER");
  if (poster == nullptr) GTEST_SKIP() << "package.command.golden runs it";
  expect_golden(Folder::text_of(poster), "poster.png");
}

}  // namespace
}  // namespace testing_cli
