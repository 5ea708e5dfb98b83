// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <span>

#include "imaging/files/picture.h"
#include "imaging/files/png.h"
#include "tests/cli/program.h"

/// configs/collagenet.yaml as a user of CollageNet calls it, on the small model of random weights.
namespace testing_cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::UnorderedElementsAre;

const std::string kData = std::string(SOURCE_DIR) + "/tests/data/";

cv::Mat decoded(const std::string& picture) {
  return imaging::decode_picture(std::as_bytes(std::span(picture)), "it");
}
cv::Size size_of(const std::string& picture) {
  return decoded(picture).size();
}

class CollageNet : public testing::Test {
 protected:
  Result call(std::vector<std::string> words) const {
    words.insert(words.begin(), {"run", std::string(SOURCE_DIR) + "/configs/collagenet.yaml"});
    return decoupage(words, {folder_.path(), {{"XDG_CACHE_HOME", folder_ / "cache"}}});
  }
  /// Four steps of 64 px, of which the last two project.
  Result small(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--model", kData + "sdxl/mini/model", "--width", "64", "--height", "64", "--steps",
                                 "4", "--name", "{seed}", "--output-dir", "out"});
    return call(words);
  }
  static std::vector<std::string> latents(std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"--source-latents", kData + "collagenet/latents", "--felzenszwalb-scale", "2"});
    return words;
  }
  std::vector<std::string> made() const {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs("out")) names.push_back(name);
    return names;
  }

  Folder folder_;
};

TEST_F(CollageNet, ItsOwnSettingsFileWorksAsItIs) {
  const Result result = call({"--config", kData + "collagenet/default.yaml", "--model-id", kData + "sdxl/mini/model",
                              "--vae-id", "", "--width", "64", "--height", "64", "--num_inference_steps", "3",
                              "--num-seeds", "2", "--seed-offset", "16", "--quiet", "--output-dir", "out"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(made(), ElementsAre(MatchesRegex("a_portrait_on_a_white_background__.*_seed_0016_[0-9a-f]+.png"),
                                  MatchesRegex("a_portrait_on_a_white_background__.*_seed_0017_[0-9a-f]+.png")));
}

TEST_F(CollageNet, TwoCommandsIntoOneFolderLeaveBothPictures) {
  for (const char* prompt : {"a cat", "a dog"}) {
    const Result result =
        call({"--model", kData + "sdxl/mini/model", "--source-latents", kData + "collagenet/latents", "--width", "64",
              "--height", "64", "--steps", "1", "--prompt", prompt, "--output-dir", "out", "--quiet"});
    EXPECT_EQ(result.code, 0) << result.err;
  }
  EXPECT_THAT(made(), ElementsAre(testing::StartsWith("a_cat"), testing::StartsWith("a_dog")));
}

TEST_F(CollageNet, NamesSayWhatTheCommandLineSet) {
  folder_.write("settings.yaml", "model_id: " + kData + "sdxl/mini/model\nsource_latents: " + kData +
                                     "collagenet/latents\nwidth: 64\nheight: 64\nnum_inference_steps: 1\n");
  const auto names_of = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"--config", folder_ / "settings.yaml", "--quiet", "--output-dir", "out"});
    const Result result = call(words);
    EXPECT_EQ(result.code, 0) << result.err;
    const std::vector<std::string> names = made();
    std::filesystem::remove_all(folder_ / "out");
    return names;
  };
  EXPECT_THAT(names_of({"--prompt", "A cute Cat!"}), ElementsAre(MatchesRegex("a_cute_cat_seed_0000_[0-9a-f]{8}.png")));
  EXPECT_THAT(
      names_of({"--prompt", "A cute Cat!", "--do-rotated", "--projection_start_frac", "0.60"}),
      ElementsAre(MatchesRegex("a_cute_cat__projection_start_frac_0_6__do_rotated_true_seed_0000_[0-9a-f]{8}.png")))
      << "in the order of the original's flags";
  EXPECT_THAT(names_of({"--prompt", "!?"}), ElementsAre(MatchesRegex("render_seed_0000_[0-9a-f]{8}.png")));
  EXPECT_THAT(names_of({"--output-stem", "Cat"}), ElementsAre("cat.png"));
  EXPECT_THAT(names_of({"--output-stem", "Cat", "--num-seeds", "2", "--seed-offset", "3"}),
              ElementsAre("cat_seed_0003.png", "cat_seed_0004.png"));
}

TEST_F(CollageNet, ReadsItsOwnLatentDir) {
  folder_.write("latents.yaml", "source: {source_images: null, source_latents: null}\nprojection: {latent_dir: " +
                                    kData + "collagenet/latents}\n");
  folder_.write("nulls.yaml",
                "projection: {latent_dir: null}\nsource: {source_latents: " + kData + "collagenet/latents}\n");
  EXPECT_EQ(small({"--config", folder_ / "latents.yaml"}).code, 0);
  EXPECT_EQ(small({"--config", folder_ / "nulls.yaml", "--overwrite"}).code, 0);
}

TEST_F(CollageNet, SaysWhatDoesNothing) {
  const Result result =
      small(latents({"--projection-start-frac", "0.4", "--projection-end-frac", "0.6", "--embedding-token", "<cat>"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("its window, from 0.4 to 0.6, holds none of the 4 turns, so it does nothing"));
  EXPECT_THAT(result.err, HasSubstr("embedding_tokens are given, but no file of vectors (embedding)"));
}

TEST_F(CollageNet, SavesTheCollageOrThePlainPicture) {
  ASSERT_EQ(small(latents({"--seed", "1", "--pixel-render-scale", "2"})).code, 0);
  const std::string collage = folder_.outputs("out").at("1.png");
  EXPECT_EQ(size_of(collage), cv::Size(128, 128));
  ASSERT_EQ(small(latents({"--seed", "1", "--no-save-displayed-image", "--overwrite"})).code, 0);
  const std::string plain = folder_.outputs("out").at("1.png");
  EXPECT_EQ(size_of(plain), cv::Size(64, 64));
}

TEST_F(CollageNet, AuxiliaryOutputs) {
  const Result result = small(latents({"--save-auxiliary-outputs", "--projection-start-frac", "0.3",
                                       "--preview-every-n-projections", "2", "--no-save-displayed-image"}));
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(made(), UnorderedElementsAre("0.png", "0.json", "0_region_assignments.npz", "0_pixel_collage.png",
                                           "debug_regions/0_step_001.png", "debug_regions/0_step_002.png",
                                           "debug_regions/0_step_003.png", "previews/0_step_002.png"));
  const auto json = nlohmann::json::parse(folder_.outputs("out").at("0.json"));
  EXPECT_EQ(json["generation"]["num_inference_steps"], 4);
  EXPECT_EQ(json["projection"]["felzenszwalb_scale"], 2);
  EXPECT_EQ(json["assignment_grid_shape"], nlohmann::json({8, 8}));
  ASSERT_EQ(json["projection_events"].size(), 3U);
  EXPECT_EQ(json["projection_events"][0]["step_index"], 1);
  EXPECT_EQ(json["projection_events"][2]["alpha"], 0.1);
}

TEST_F(CollageNet, EncodesSourcePicturesOnce) {
  const std::vector<std::string> words{"--source-images", kData + "collagenet/images", "--felzenszwalb-scale", "2"};
  ASSERT_EQ(small(words).code, 0);
  const auto first = folder_.outputs("out");
  const std::vector<std::string> kept = folder_.names("cache/decoupage/latents");
  EXPECT_EQ(kept.size(), 3U);
  std::vector<std::string> again = words;
  again.push_back("--overwrite");
  ASSERT_EQ(small(again).code, 0);
  EXPECT_EQ(difference(folder_.outputs("out"), first), "");
  EXPECT_EQ(folder_.names("cache/decoupage/latents"), kept);
}

TEST_F(CollageNet, EverySeedIsTheSameAloneAndAmongOthers) {
  ASSERT_EQ(small(latents({"--seed", "0..3", "--lanes", "3"})).code, 0);
  const std::string among = folder_.outputs("out").at("2.png");
  ASSERT_EQ(small(latents({"--seed", "2", "--lanes", "1", "--overwrite"})).code, 0);
  EXPECT_EQ(cv::norm(decoded(folder_.outputs("out").at("2.png")), decoded(among)), 0);
}

TEST_F(CollageNet, TheBankWantsOneSource) {
  EXPECT_THAT(small({}).err, HasSubstr("source_latents"));
  const Result both = small(latents({"--source-images", kData + "collagenet/images"}));
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, HasSubstr("source_images"));
  EXPECT_THAT(made(), IsEmpty());
}

TEST_F(CollageNet, BadSourcesAreRefusedByName) {
  folder_.write("empty/notes.txt", "no picture");
  folder_.write("broken/a.png", "no picture either");
  EXPECT_THAT(small({"--source-images", folder_ / "empty"}).err, HasSubstr("empty"));
  EXPECT_THAT(small({"--source-images", folder_ / "broken"}).err, HasSubstr("passed over a.png (not a picture)"));
  EXPECT_THAT(small({"--source-latents", folder_ / "none"}).err, HasSubstr("none"));
}

TEST_F(CollageNet, ASourceSmallerThanEveryRegionKeepsThePlainPicture) {
  const auto source = [&](int side) {
    const std::vector<std::byte> bytes = imaging::encode_png(cv::Mat(side, side, CV_8UC3, cv::Scalar(200, 20, 20)));
    folder_.write("dot/a.png", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return small({"--source-images", folder_ / "dot", "--felzenszwalb-scale", "2"});
  };
  EXPECT_THAT(source(1).err, HasSubstr("a.png: 1x1 pixels: a source has sides of at least 8 px"));
  const Result result = source(8);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("every region is higher or wider than every source"));
  EXPECT_THAT(made(), ElementsAre("0.png"));
}

TEST_F(CollageNet, LimitsThatExcludeEverythingKeepThePlainPicture) {
  const Result result = small(latents({"--region-max-area", "0"}));
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("change region_max_area"));
  const auto kept = folder_.outputs("out");
  ASSERT_EQ(small(latents({"--projection-every-n-steps", "0", "--overwrite"})).code, 0);
  EXPECT_EQ(size_of(kept.at("0.png")), cv::Size(64, 64));
}

TEST_F(CollageNet, SettingsOutOfRangeAreRefusedBeforeAnythingRuns) {
  EXPECT_THAT(small(latents({"--alpha-end", "1.5"})).err, HasSubstr("1.5 is above the maximum 1"));
  EXPECT_THAT(small(latents({"--region-method", "felzenswalb"})).err,
              HasSubstr("is not one of felzenszwalb, threshold, square"));
  EXPECT_THAT(small(latents({"--no-use-safetensors"})).err, HasSubstr("pickled weights are never read"));
  const Result odd = small(latents({"--region-method", "square", "--patch-size", "3"}));
  EXPECT_NE(odd.code, 0);
  EXPECT_THAT(odd.err, HasSubstr("patch_size"));
  EXPECT_THAT(made(), IsEmpty());
}

}  // namespace
}  // namespace testing_cli
