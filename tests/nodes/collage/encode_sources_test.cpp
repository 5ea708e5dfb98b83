// SPDX-License-Identifier: MIT
#include "nodes/collage/encode_sources.h"

#include "imaging/resample.h"
#include "nodes/collage/latent_cache.h"
#include "nodes/picture_tensors.h"
#include "tests/nodes/environment.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

std::string mini() {
  return (reference::sdxl("mini") / "model").string();
}

class EncodeSources : public ::testing::Test {
 protected:
  SourceEncoder encoder(const EncodeSettings& settings = {}) {
    return {source_vae(services_, {.model = mini()}), services_.device(), settings};
  }
  std::string picture(const std::string& name, int width, int height) const {
    return folder_.write(name, imaging::encode_png(pixels_8bit(width, height)));
  }
  /// What the autoencoder says of pixels.
  models::Posterior posterior(const cv::Mat& pixels) {
    const Network<models::Autoencoder> vae = services_.vae({.model = mini()});
    return lease(vae)[vae].encode(to_tensor(Image{imaging::from_8bit(pixels)}) * 2 - 1);
  }
  static at::Tensor rounded(const at::Tensor& latents) { return latents[0].to(at::kHalf).to(at::kFloat); }

  Folder folder_;
  Services services_;
};

TEST_F(EncodeSources, SizesAreCollageNets) {
  const auto size = [](int width, int height, int max_width, int max_height) {
    return encoded_size({width, height}, {.max_width = max_width, .max_height = max_height}, 8);
  };
  EXPECT_EQ(size(1850, 1234, 0, 0), cv::Size(1848, 1232));
  EXPECT_EQ(size(1850, 1234, 1000, 0), cv::Size(1000, 664));
  EXPECT_EQ(size(1850, 1234, 0, 600), cv::Size(896, 600));
  EXPECT_EQ(size(1850, 1234, 1000, 200), cv::Size(296, 200));
  EXPECT_EQ(size(1850, 1234, 4000, 4000), cv::Size(1848, 1232)) << "nothing is enlarged";
  EXPECT_EQ(size(100, 1000, 0, 64), cv::Size(8, 64)) << "a cell is left";
  EXPECT_EQ(size(1002, 500, 128, 0), cv::Size(120, 56)) << "1002 · (128 / 1002) is a little less than 128";
}

TEST_F(EncodeSources, EncodeTheMean) {
  const std::string file = picture("a.png", 24, 16);
  const matching::SourceLatent source = encoder().encode(file);
  EXPECT_TRUE(source.latent.equal(rounded(posterior(pixels_8bit(24, 16)).mean)));
  EXPECT_EQ(source.latent.sizes(), (at::IntArrayRef{4, 2, 3}));
  EXPECT_TRUE(source.latent.is_contiguous());
  EXPECT_EQ(source.path, file);
  EXPECT_EQ(source.source_path, file);
  EXPECT_EQ(source.scaling_factor, 0.13025);
  EXPECT_EQ(source.downsample_factor, 8);
  EXPECT_EQ(source.mode, "mean");
  EXPECT_EQ(source.vae_id, "model") << "the folder's name";
  EXPECT_THAT(source.vae_identity, ::testing::StartsWith("xxh3-"));
}

TEST_F(EncodeSources, OddSizesAreResampledAsPillowDoes) {
  const matching::SourceLatent source = encoder({.max_height = 40}).encode(picture("a.png", 45, 83));
  EXPECT_EQ(source.original_width, 45);
  EXPECT_EQ(source.original_height, 83);
  EXPECT_EQ(source.processed_width, 16);
  EXPECT_EQ(source.processed_height, 40);
  EXPECT_EQ(source.scale_x, 45.0 / 16);
  EXPECT_EQ(source.scale_y, 83.0 / 40);
  const cv::Mat small = imaging::lanczos(pixels_8bit(45, 83), 16, 40);
  EXPECT_TRUE(source.latent.equal(rounded(posterior(small).mean)));
}

TEST_F(EncodeSources, ASampleIsFixedByItsSeed) {
  const std::string file = picture("a.png", 24, 16);
  const matching::SourceLatent source = encoder({.sample = true, .seed = 7}).encode(file);
  const at::Tensor noise = tensors::Generator(7).randn({1, 4, 2, 3});
  EXPECT_TRUE(source.latent.equal(rounded(posterior(pixels_8bit(24, 16)).sample(noise))));
  EXPECT_EQ(source.mode, "sample");
  EXPECT_FALSE(encoder({.sample = true, .seed = 8}).encode(file).latent.equal(source.latent));
}

TEST_F(EncodeSources, PhotographsStandUpright) {
  const std::string file = folder_.write("a.jpg", turned_clockwise(imaging::encode_jpeg(pixels_8bit(24, 16), 95)));
  const matching::SourceLatent source = encoder().encode(file);
  EXPECT_EQ(source.original_width, 16);
  EXPECT_EQ(source.latent.sizes(), (at::IntArrayRef{4, 3, 2}));
}

TEST_F(EncodeSources, NamePicturesThatCannotBeUsed) {
  const std::string dot = picture("dot.png", 1, 1), text = folder_.write("text.png", std::string("text"));
  const std::string flat = picture("flat.png", 40, 7), good = picture("good.png", 8, 8);
  EXPECT_EQ(thrown_by([&] { encoder().encode(dot); }),
            dot + ": 1x1 pixels: a source has sides of at least 8 px, one cell of its latent");
  EXPECT_THAT(thrown_by([&] { encoder().encode(text); }), HasSubstr(text + ": not a picture"));
  EXPECT_EQ(thrown_by([&] { check_source_pictures({good}, 8); }), "");
  EXPECT_EQ(thrown_by([&] {
              check_source_pictures({good, flat}, 8);
            }),
            flat + ": 40x7 pixels: a source has sides of at least 8 px, one cell of its latent");
  EXPECT_EQ(thrown_by([&] {
              check_source_pictures({dot, text, good}, 8);
            }),
            "2 of 3 pictures cannot be used: " + dot +
                ": 1x1 pixels: a source has sides of at least 8 px, one cell of its latent; " + text +
                ": not a picture that can be read: PNG, JPEG, WebP, BMP and TIFF can");
}

TEST_F(EncodeSources, LimitsLeaveACell) {
  EXPECT_EQ(thrown_by([] { check({.max_width = 7}); }), "max_width 7: at least 8 px, or 0 for no limit");
  EXPECT_EQ(thrown_by([] { check({.max_height = -1}); }), "max_height -1: at least 8 px, or 0 for no limit");
  EXPECT_EQ(thrown_by([] { check({.max_width = 8}); }), "");
}

TEST_F(EncodeSources, AnAutoencoderAloneWillDo) {
  const Services::ModelName part{.vae = mini() + "/vae/"}, whole{.model = mini()};
  const SourceVae alone = source_vae(services_, part);
  EXPECT_EQ(alone.id, "model/vae");
  EXPECT_EQ(alone.identity, source_vae(services_, whole).identity);
  EXPECT_EQ(source_vae_alone(services_, whole).id, "model");
  EXPECT_EQ(thrown_by([&] { source_vae(services_, {}); }),
            "no autoencoder: give `model`, that of the graph's other nodes, or `vae`");
  EXPECT_THAT(thrown_by([&] { source_vae(services_, {.model = "gone/gone/gone"}); }), HasSubstr("gone/gone/gone"));
}

TEST_F(EncodeSources, TheHubsCacheGivesAnAutoencoderItsId) {
  const std::string folder = folder_.path("models--madebyollin--sdxl-vae-fp16-fix/snapshots/207b1164");
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path());
  std::filesystem::copy(mini() + "/vae", folder);
  EXPECT_EQ(source_vae(services_, {.vae = folder}).id, "madebyollin/sdxl-vae-fp16-fix");
}

TEST_F(EncodeSources, CacheNamesFollowContentAndSettings) {
  const std::string a = picture("a.png", 24, 16), b = picture("below/b.png", 24, 16), c = picture("c.png", 16, 24);
  const std::string due = encoder().cache_name(a);
  EXPECT_THAT(due, ::testing::MatchesRegex("xxh3-[0-9a-f]+-Float-cpu/xxh3-[0-9a-f]+-0x0-tile1536-mean\\.npz"));
  EXPECT_EQ(encoder().cache_name(b), due) << "the same bytes elsewhere";
  EXPECT_NE(encoder().cache_name(c), due);
  EXPECT_NE(encoder({.max_width = 16}).cache_name(a), due);
  EXPECT_NE(encoder({.tile = 512}).cache_name(a), due);
  const std::string sampled = encoder({.sample = true}).cache_name(a);
  EXPECT_NE(sampled, due);
  EXPECT_NE(encoder({.sample = true, .seed = 1}).cache_name(a), sampled);
}

TEST_F(EncodeSources, ACacheGivesBackWhatItWasGiven) {
  const LatentCache cache(folder_.path("cache"));
  const matching::SourceLatent source = encoder().encode(picture("a.png", 24, 16));
  EXPECT_FALSE(cache.find("x/y.npz"));
  cache.keep("x/y.npz", source);
  ASSERT_TRUE(cache.find("x/y.npz"));
  EXPECT_TRUE(cache.find("x/y.npz")->latent.equal(source.latent));
  folder_.write("cache/x/y.npz", std::string("damaged"));
  EXPECT_FALSE(cache.find("x/y.npz"));
  cache.keep("x/y.npz", source);
  EXPECT_TRUE(cache.find("x/y.npz"));
  folder_.write("file", std::string("in the way"));
  EXPECT_THAT(thrown_by([&] { LatentCache(folder_.path("file")).keep("x/y.npz", source); }), HasSubstr("file"));
}

TEST(LatentCacheFolder, IsWhereTheEnvironmentSays) {
  Environment environment;
  environment.set("DECOUPAGE_CACHE", nullptr);
  environment.set("XDG_CACHE_HOME", nullptr);
  environment.set("HOME", "/people/ada");
  EXPECT_EQ(LatentCache::from_environment()->folder(), "/people/ada/.cache/decoupage/latents/1");
  environment.set("XDG_CACHE_HOME", "/caches");
  EXPECT_EQ(LatentCache::from_environment()->folder(), "/caches/decoupage/latents/1");
  environment.set("DECOUPAGE_CACHE", "/fast");
  EXPECT_EQ(LatentCache::from_environment()->folder(), "/fast/latents/1");
  environment.set("DECOUPAGE_CACHE", "");
  EXPECT_FALSE(LatentCache::from_environment());
}

}  // namespace
}  // namespace nodes
