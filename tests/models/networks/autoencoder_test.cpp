// SPDX-License-Identifier: MIT
#include "models/networks/autoencoder.h"

#include <gmock/gmock.h>

#include "models/files/weights.h"
#include "models/networks/tiles.h"
#include "tests/reference.h"

namespace models {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Autoencoder> load(const std::string& set) {
  const std::filesystem::path folder = reference::sdxl(set) / "model/vae";
  WeightFiles weights(folder / "diffusion_pytorch_model.safetensors");
  auto vae = make_autoencoder(tensors::ConfigReader::read(folder / "config.json"), weights);
  weights.finish();
  return vae;
}

class VaeParity : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Autoencoder, VaeParity, ::testing::Values("mini", "full"));

TEST_P(VaeParity, EncodesAsDiffusers) {
  REQUIRE_REFERENCE(GetParam());
  const auto vae = load(GetParam());
  const reference::Vectors v(GetParam(), "vae");
  for (const std::string size : {"enc64x64", "enc96x64"}) {
    const Posterior posterior = vae->encode(v[size + "_image"]);
    const double scale = vae->scaling_factor();
    EXPECT_LT(reference::difference(posterior.mean, v[size + "_mean"] * scale), 1e-5) << size;
    EXPECT_LT(reference::difference(posterior.sample(v[size + "_noise"]), v[size + "_sample"] * scale), 1e-5) << size;
  }
}

TEST_P(VaeParity, DecodesAsDiffusers) {
  REQUIRE_REFERENCE(GetParam());
  const auto vae = load(GetParam());
  const reference::Vectors v(GetParam(), "vae");
  for (const std::string size : {"dec8x8", "dec12x8"}) {
    const at::Tensor latents = v[size + "_latent"] * vae->scaling_factor();
    EXPECT_LT(reference::difference(vae->decode(latents), v[size + "_image"]), 1e-4) << size;
  }
}

TEST(Autoencoder, CutsPicturesToMultiples) {
  const auto vae = load("mini");
  const at::Tensor image = at::rand({1, 3, 70, 67});
  EXPECT_EQ(vae->encode(image).mean.sizes(), (at::IntArrayRef{1, 4, 8, 8}));
  EXPECT_THROW(vae->encode(at::rand({1, 3, 7, 64})), std::invalid_argument);
  EXPECT_THROW(vae->encode(at::rand({1, 4, 64, 64})), std::invalid_argument);
  EXPECT_THROW(vae->decode(at::rand({1, 3, 8, 8})), std::invalid_argument);
}

TEST(Autoencoder, TilesAreNearTheWhole) {
  const auto vae = load("mini");
  const at::Tensor latents = at::randn({1, 4, 40, 24}) * 0.5;
  const at::Tensor whole = vae->decode(latents), tiled = vae->decode(latents, {16, 0.25});
  ASSERT_EQ(whole.sizes(), tiled.sizes());
  EXPECT_LT((whole - tiled).abs().mean().item<double>(), 0.3 * whole.abs().mean().item<double>());
  const at::Tensor image = at::rand({1, 3, 320, 192}) * 2 - 1;
  EXPECT_EQ(vae->encode(image, {16, 0.25}).mean.sizes(), (at::IntArrayRef{1, 4, 40, 24}));
  EXPECT_TRUE(vae->decode(latents, {40, 0.25}).equal(whole)) << "one tile is the whole";
  EXPECT_THROW(vae->decode(latents, {2, 0.25}), std::invalid_argument);
}

/// Of two pictures in [-1, 1], in levels of 8 bits.
double levels_apart(const at::Tensor& a, const at::Tensor& b) {
  return (a.clamp(-1, 1) - b.clamp(-1, 1)).abs().max().item<double>() * 127.5;
}

TEST(Autoencoder, TilesWithThePicturesNormsAreNearerToTheWhole) {
  const at::NoGradGuard no_gradients;
  const std::filesystem::path folder = std::filesystem::path(SOURCE_DIR) / "assets/model/vae";
  WeightFiles weights(folder / "diffusion_pytorch_model.safetensors", {}, {.dtype = at::kFloat});
  const auto vae = make_autoencoder(tensors::ConfigReader::read(folder / "config.json"), weights);
  // Dark and flat on the left, bright and full of edges on the right: no tile's statistics are the picture's.
  const at::Tensor coarse = at::rand({1, 3, 24, 36}) * at::linspace(0.05, 1.9, 36) - 1;
  const at::Tensor latents = vae->encode(at::upsample_nearest2d(coarse, {384, 576})).mean;
  const at::Tensor whole = vae->decode(latents);
  const auto levels_off = [&](const Tiling& tiling) { return levels_apart(whole, vae->decode(latents, tiling)); };
  const double by_tile = levels_off({24, 0.5}), by_picture = levels_off({24, 0.5, Tiling::Norms::kPicture, 0});
  EXPECT_LT(by_picture, 0.5 * by_tile);
  const std::int64_t half = 48 * 72 * 4 * 4 * 64 * 4;  // bytes of the second of five parts' largest map
  const double behind_half = levels_off({24, 0.5, Tiling::Norms::kPicture, half});
  EXPECT_LT(behind_half, by_picture);
  EXPECT_EQ(levels_off({24, 0.5, Tiling::Norms::kPicture}), 0) << "its maps are small enough to be made whole";
}

TEST(Autoencoder, TilesOfTheIdentityAreTheIdentity) {
  const at::Tensor x = at::rand({1, 1, 23, 31});
  const auto same = [](const at::Tensor& t) { return t; };
  EXPECT_LT(reference::difference(in_tiles(x, {8, 0.25, 1.0}, same), x), 1e-6);
  EXPECT_LT(reference::difference(in_tiles(x, {8, 0.5, 1.0}, same), x), 1e-6);
}

TEST(Autoencoder, HasGradients) {
  const auto vae = load("mini");
  const at::Tensor latents = at::randn({1, 4, 4, 4});
  latents.set_requires_grad(true);
  vae->decode(latents).square().sum().backward();
  EXPECT_GT(latents.grad().abs().sum().item<double>(), 0);
}

class RandomCodec final : public ParameterSource {
 public:
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override {
    names.push_back(name);
    return at::randn(shape) * 0.2;
  }
  std::vector<std::string> names{};
};

TEST(AutoencoderTiny, HasTaesdsLayers) {
  RandomCodec source;
  const auto vae = make_autoencoder(
      tensors::ConfigReader::parse(R"({"_class_name": "AutoencoderTiny", "act_fn": "relu", "latent_channels": 4,
        "encoder_block_out_channels": [64, 64, 64, 64], "decoder_block_out_channels": [64, 64, 64, 64],
        "num_encoder_blocks": [1, 3, 3, 3], "num_decoder_blocks": [3, 3, 3, 1], "scaling_factor": 1.0,
        "latent_magnitude": 3, "latent_shift": 0.5, "upsampling_scaling_factor": 2, "force_upcast": false})",
                                   "config.json"),
      source);
  // As in the file of TAESDXL: 0 conv, 1 block, 2 conv, 3 to 5 blocks, …, 14 conv; 0 conv, 1 relu, 2 to 4 blocks, 5
  // upsample, 6 conv, …, 18 conv.
  EXPECT_THAT(source.names, ::testing::IsSupersetOf({"encoder.layers.0.weight", "encoder.layers.1.conv.4.bias",
                                                     "encoder.layers.2.weight", "encoder.layers.14.bias",
                                                     "decoder.layers.0.bias", "decoder.layers.4.conv.2.weight",
                                                     "decoder.layers.6.weight", "decoder.layers.18.bias"}));
  EXPECT_THAT(source.names, ::testing::Not(::testing::Contains("encoder.layers.2.bias")));
  EXPECT_THAT(source.names, ::testing::Not(::testing::Contains("decoder.layers.6.bias")));
  EXPECT_EQ(vae->decode(at::randn({1, 4, 3, 5})).sizes(), (at::IntArrayRef{1, 3, 24, 40}));
  EXPECT_EQ(vae->encode(at::randn({1, 3, 24, 40})).mean.sizes(), (at::IntArrayRef{1, 4, 3, 5}));
  EXPECT_FALSE(vae->encode(at::randn({1, 3, 24, 40})).std.defined());
}

/// Both ways, against differences of what it says, in float64.
TEST(AutoencoderTiny, HasGradients) {
  struct Doubles final : ParameterSource {
    at::Tensor get(const std::string&, at::IntArrayRef shape) override {
      return at::randn(shape, generator, at::kDouble) * 0.2;
    }
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(3);
  } source;
  const auto vae =
      make_autoencoder(tensors::ConfigReader::parse(R"({"_class_name": "AutoencoderTiny", "latent_channels": 4,
        "encoder_block_out_channels": [8, 8, 8, 8], "decoder_block_out_channels": [8, 8, 8, 8],
        "num_encoder_blocks": [1, 1, 1, 1], "num_decoder_blocks": [1, 1, 1, 1]})",
                                                    "config.json"),
                       source);
  const auto expect_gradient = [&](const auto& f, const at::Tensor& x) {
    const at::Tensor way = at::randn(x.sizes(), source.generator, at::kDouble);
    const at::Tensor leaf = x.clone().set_requires_grad(true);
    f(leaf).square().sum().backward();
    const at::NoGradGuard none;
    const auto at = [&](double step) { return f(x + step * way).square().sum().template item<double>(); };
    const double measured = (at(1e-6) - at(-1e-6)) / 2e-6;
    EXPECT_NEAR((leaf.grad() * way).sum().template item<double>(), measured, 1e-4 * std::abs(measured));
    EXPECT_GT(std::abs(measured), 1e-6);
  };
  expect_gradient([&](const at::Tensor& x) { return vae->encode(x).mean; },
                  at::randn({1, 3, 16, 24}, source.generator, at::kDouble));
  expect_gradient([&](const at::Tensor& z) { return vae->decode(z); },
                  at::randn({1, 4, 2, 3}, source.generator, at::kDouble));
}

TEST(AutoencoderConfig, RefusesWhatIsNotBuilt) {
  const auto refusal = [](const std::string& text) {
    try {
      RandomCodec source;
      make_autoencoder(tensors::ConfigReader::parse(text, "vae/config.json"), source);
    } catch (const tensors::FileError& e) {
      return std::string(e.what());
    }
    return std::string("not refused");
  };
  EXPECT_THAT(refusal(R"({"_class_name": "VQModel"})"), HasSubstr("_class_name: \"VQModel\" is not supported"));
  EXPECT_THAT(refusal(R"({"block_out_channels": [8], "norm_num_groups": 3})"), HasSubstr("8 is not a multiple"));
  EXPECT_THAT(refusal(R"({"block_out_channels": [8], "norm_num_groups": 4, "shift_factor": 0.1})"),
              HasSubstr("shift_factor: 0.1 is not supported"));
  EXPECT_THAT(refusal(R"({"block_out_channels": [8], "norm_num_groups": 4, "frob": 1})"), HasSubstr("frob"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(refusal(R"({"in_channels": 3, "in_channels": 3})"), HasSubstr("\"in_channels\" is there twice"));
  EXPECT_THAT(refusal("{\"act_fn\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
              HasSubstr("nested deeper than 64 (--max json-depth=N sets another limit)"));
  std::string levels = "1";
  for (int i = 0; i < 64; ++i) levels += ", 1";
  EXPECT_THAT(refusal("{\"norm_num_groups\": 1, \"block_out_channels\": [" + levels + "]}"),
              HasSubstr("expected 1 to 16 levels, found 65"));
  EXPECT_THAT(refusal(R"({"block_out_channels": [8], "norm_num_groups": 4, "layers_per_block": 4611686018427387904})"),
              HasSubstr("layers_per_block: expected 1 to 1048576"));
  EXPECT_THAT(refusal(R"({"_class_name": "AutoencoderTiny", "num_encoder_blocks": [1, 3, 3, -3]})"),
              HasSubstr("num_encoder_blocks: expected 1 to 1048576, found -3"));
}

TEST(AutoencoderConfig, SaysWhetherFloat16Overflows) {
  EXPECT_TRUE(forces_upcast(tensors::ConfigReader::parse(R"({"force_upcast": true})", "c")));
  EXPECT_FALSE(forces_upcast(tensors::ConfigReader::parse(R"({"force_upcast": false})", "c")));
  EXPECT_TRUE(forces_upcast(tensors::ConfigReader::parse("{}", "c"))) << "diffusers' default";
}

}  // namespace
}  // namespace models
