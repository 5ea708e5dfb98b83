// SPDX-License-Identifier: MIT
#include "models/networks/unet.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "models/files/weights.h"
#include "models/networks/embeddings.h"
#include "models/networks/resnet.h"
#include "tensors/device.h"
#include "tests/limits.h"
#include "tests/reference.h"

namespace models {
namespace {

using ::testing::HasSubstr;

UNet load_unet(const std::string& set) {
  const std::filesystem::path folder = reference::sdxl(set) / "model/unet";
  WeightFiles weights(folder / "diffusion_pytorch_model.safetensors");
  UNet unet(UNetConfig::read(tensors::ConfigReader::read(folder / "config.json")), weights);
  weights.finish();
  return unet;
}

UNet::Input input(const reference::Vectors& v, const std::string& size, double timestep) {
  const at::Tensor sample = v[size + "_sample"];
  return {sample, at::full({sample.size(0)}, timestep), v[size + "_ehs"], v[size + "_text_embeds"],
          v[size + "_time_ids"].to(at::kFloat)};
}

const std::map<double, std::string> kTimesteps{{1, "t1"}, {333.25, "t333p25"}, {501, "t501"}, {958, "t958"}};

class Parity : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(UNet, Parity, ::testing::Values("mini", "full", "refiner"));

TEST_P(Parity, ForwardEqualsDiffusers) {
  REQUIRE_REFERENCE(GetParam());
  const UNet unet = load_unet(GetParam());
  const reference::Vectors v(GetParam(), "unet");
  for (const std::string size : {"s16x16", "s24x16"}) {
    for (const auto& [timestep, name] : kTimesteps) {
      EXPECT_LT(reference::difference(unet(input(v, size, timestep)), v[size + "_out_" + name]), 5e-5) << size << name;
    }
  }
}

TEST_P(Parity, RowsHaveTimestepsOfTheirOwn) {
  REQUIRE_REFERENCE(GetParam());
  const UNet unet = load_unet(GetParam());
  const reference::Vectors v(GetParam(), "unet");
  UNet::Input both = input(v, "s16x16", 1);
  both.timesteps = at::tensor({1.0f, 958.0f});
  const at::Tensor out = unet(both);
  EXPECT_LT(reference::difference(out[0], v["s16x16_out_t1"][0]), 5e-5);
  EXPECT_LT(reference::difference(out[1], v["s16x16_out_t958"][1]), 5e-5);
}

/// Small enough to be made of random numbers in a test.
class RandomUnet final : public ParameterSource {
 public:
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override {
    if (name == missing) throw std::runtime_error("no " + name);
    return at::randn(shape, generator_) * 0.1;
  }
  std::string missing{};

 private:
  at::Generator generator_ = at::detail::createCPUGenerator();
};

std::string mini_config(const std::string& change_key = "", const std::string& change = "") {
  nlohmann::json config = nlohmann::json::parse(
      R"({"block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "norm_num_groups": 4, "attention_head_dim": 2,
    "cross_attention_dim": 12, "layers_per_block": 1, "use_linear_projection": false})");
  if (!change_key.empty()) config.update(nlohmann::json::parse("{\"" + change_key + "\": " + change + "}"));
  return config.dump();
}

UNet make(const std::string& config) {
  RandomUnet source;
  return {UNetConfig::read(tensors::ConfigReader::parse(config, "config.json")), source};
}

UNet::Input small_input(std::int64_t height, std::int64_t width) {
  return {at::randn({2, 4, height, width}), at::full({2}, 500.0), at::randn({2, 7, 12})};
}

TEST(UNet, TakesSidesThatAreOdd) {
  const UNet unet = make(mini_config());
  const std::map<int, int> sizes{{8, 8}, {7, 9}, {1, 5}, {13, 2}};
  for (const auto& [h, w] : sizes) {
    EXPECT_EQ(unet(small_input(h, w)).sizes(), (at::IntArrayRef{2, 4, h, w}));
  }
}

TEST(UNet, IsTheSameForOneRowAndForMany) {
  const UNet unet = make(mini_config());
  const UNet::Input two = small_input(8, 6);
  const UNet::Input one{two.sample.narrow(0, 1, 1), two.timesteps.narrow(0, 1, 1),
                        two.encoder_hidden_states.narrow(0, 1, 1)};
  EXPECT_LT(reference::difference(unet(two)[1], unet(one)[0]), 1e-5);
}

UNetResiduals residuals_of(const std::function<at::Tensor(at::IntArrayRef)>& numbers) {
  UNetResiduals residuals;
  const std::vector<std::pair<int, int>> shapes{{8, 8}, {8, 8}, {8, 4}, {16, 4}};
  for (const auto& [channels, side] : shapes) residuals.down.push_back(numbers({2, channels, side, side}));
  residuals.mid = numbers({2, 16, 4, 4});
  return residuals;
}

TEST(UNet, ResidualsOfZerosChangeNothing) {
  const UNet unet = make(mini_config());
  UNet::Input in = small_input(8, 8);
  const at::Tensor plain = unet(in);
  in.residuals = residuals_of([](at::IntArrayRef shape) { return at::zeros(shape); });
  EXPECT_TRUE(unet(in).equal(plain));
}

/// One resolution of one resnet without attention, a middle of one resnet: piece by piece, as diffusers' forward has
/// it.
TEST(UNet, AddsResidualsToSkipConnectionsAndTheMiddle) {
  const UNet unet = make(R"({"block_out_channels": [8], "down_block_types": ["DownBlock2D"],
    "mid_block_type": "UNetMidBlock2D", "up_block_types": ["UpBlock2D"], "norm_num_groups": 4,
    "attention_head_dim": 2, "cross_attention_dim": 12, "layers_per_block": 1})");
  UNet::Input in = small_input(8, 6);
  in.residuals = {.down = {at::randn({2, 8, 8, 6}), at::randn({2, 8, 8, 6})}, .mid = at::randn({2, 8, 8, 6})};

  SharedParameters shared(unet.parameters());
  ParameterTable table;
  const ParameterPath path(shared, table);
  const auto resnet = [&](const ParameterPath& place, std::int64_t channels) {
    return ResnetBlock(place, {channels, 8, 4, unet.config().norm_eps, unet.config().time_channels()});
  };
  const at::Tensor sinusoids =
      timestep_embedding(in.timesteps, 8, unet.config().flip_sin_to_cos, unet.config().freq_shift);
  const at::Tensor time = at::silu(TimestepEmbedding(path / "time_embedding", 8, 32)(sinusoids));
  const at::Tensor first = Conv2d(path / "conv_in", 4, 8)(in.sample);
  const at::Tensor second = resnet(path / "down_blocks" / 0 / "resnets" / 0, 8)(first, time);
  at::Tensor x = resnet(path / "mid_block" / "resnets" / 0, 8)(second, time) + in.residuals.mid;
  const ParameterPath up = path / "up_blocks" / 0 / "resnets";
  x = resnet(up / 0, 16)(at::cat({x, second + in.residuals.down[1]}, 1), time);
  x = resnet(up / 1, 16)(at::cat({x, first + in.residuals.down[0]}, 1), time);
  x = at::silu(GroupNorm(path / "conv_norm_out", 4, 8, unet.config().norm_eps)(x));
  EXPECT_LT(reference::difference(unet(in), Conv2d(path / "conv_out", 8, 4)(x)), 1e-5);
}

/// The first call of a shape is made piece by piece, the second is recorded, the others are replayed.
TEST(UNet, AGraphOfAGpuTakesResidualsAsInputs) {
  if (tensors::cuda_devices() == 0) GTEST_SKIP() << "there is no CUDA device here";
  const UNet unet = make(mini_config());
  RandomUnet numbers;
  class OnGpu final : public ParameterSource {
   public:
    explicit OnGpu(ParameterSource& source) : source_(source) {}
    at::Tensor get(const std::string& name, at::IntArrayRef shape) override {
      return source_.get(name, shape).to(at::kCUDA);
    }

   private:
    ParameterSource& source_;
  } source(numbers);
  const UNet there(UNetConfig::read(tensors::ConfigReader::parse(mini_config(), "config.json")), source);
  for (int call = 0; call < 4; ++call) {
    UNet::Input in = small_input(8, 8);
    in.residuals = residuals_of([](at::IntArrayRef shape) { return at::randn(shape); });
    UNet::Input moved{in.sample.to(at::kCUDA), in.timesteps.to(at::kCUDA), in.encoder_hidden_states.to(at::kCUDA)};
    for (const at::Tensor& one : in.residuals.down) moved.residuals.down.push_back(one.to(at::kCUDA));
    moved.residuals.mid = in.residuals.mid.to(at::kCUDA);
    EXPECT_LT(reference::difference(there(moved).cpu(), unet(in)), 1e-3) << call;
  }
}

TEST(UNet, RefusesResidualsThatDoNotFit) {
  const UNet unet = make(mini_config());
  UNet::Input in = small_input(8, 8);
  const auto ones = [](at::IntArrayRef shape) { return at::ones(shape); };
  in.residuals = residuals_of(ones);
  in.residuals.down.pop_back();
  EXPECT_THROW(unet(in), std::invalid_argument);
  in.residuals = residuals_of(ones);
  in.residuals.mid = at::ones({1, 16, 4, 4});
  EXPECT_THROW(unet(in), std::invalid_argument);
}

TEST(UNet, EditsTheLogitsOfSomePictures) {
  const UNet unet = make(mini_config());
  UNet::Input in = small_input(8, 6);
  const at::Tensor plain = unet(in);
  std::vector<std::pair<std::int64_t, std::int64_t>> seen;
  LogitEdit edit = [&](const at::Tensor& logits, std::int64_t height, std::int64_t width) {
    EXPECT_EQ(logits.sizes(), (at::IntArrayRef{1, 2, height * width, 7}));
    seen.emplace_back(height, width);
    return logits;
  };
  in.edits = {nullptr, &edit};
  EXPECT_LT(reference::difference(unet(in), plain), 1e-5);
  for (const auto& [height, width] : seen) EXPECT_EQ(height * 10 + width, 43);
  EXPECT_EQ(seen.size(), 1u + 1u + 2u);  // down, middle, up
  edit = [](const at::Tensor& logits, std::int64_t, std::int64_t) { return logits.clone().fill_(0); };
  const at::Tensor edited = unet(in);
  EXPECT_LT(reference::difference(edited[0], plain[0]), 1e-5);
  EXPECT_GT(reference::difference(edited[1], plain[1]), 1e-6);
  in.edits = {&edit};
  EXPECT_THROW(unet(in), std::invalid_argument) << "one for each picture";
}

/// The prediction for a prompt of several chunks, and for a negative prompt of its own length or filled up (diffusers'
/// UNet with webui's embeddings).
TEST(UNet, ReadsPromptsOfManyChunks) {
  const reference::Vectors vectors(reference::control() / "unet_long_prompt.npz");
  const reference::Vectors prompts(reference::control() / "webui_sdxl.npz");
  const UNet unet = load_unet("mini");
  const auto predicted = [&](const std::string& embeds, const std::string& pooled) {
    const UNet::Input in{vectors["sample"], vectors["timestep"].to(at::kFloat), prompts[embeds], prompts[pooled],
                         vectors["time_ids"].to(at::kFloat)};
    return unet(in);
  };
  EXPECT_LT(reference::difference(predicted("long4_nonorm", "long4_pooled"), vectors["positive"]), 1e-4);
  EXPECT_LT(reference::difference(predicted("negative_nonorm", "negative_pooled"), vectors["negative_separate"]), 1e-4);
  EXPECT_LT(reference::difference(predicted("negative_padded_to_long4", "negative_pooled"), vectors["negative_padded"]),
            1e-4);
}

TEST(UNet, TakesTheGuidanceScaleAsAnEmbedding) {
  for (const auto& [name, scale] : {std::pair("txt2img_lcm_unet_g1", 1.0), std::pair("txt2img_lcm_unet_g8", 8.0)}) {
    const reference::Vectors vectors(reference::control() / (std::string(name) + ".npz"));
    const at::Tensor found = guidance_embedding(at::tensor({scale}, at::kDouble), 16);
    EXPECT_LT(reference::difference(found, vectors["timestep_cond"]), 1e-6);
  }
  const at::Tensor odd = guidance_embedding(at::tensor({3.5}, at::kDouble), 7);
  EXPECT_EQ(odd.sizes(), (at::IntArrayRef{1, 7}));
  EXPECT_EQ(odd[0][6].item<float>(), 0);

  const UNet unet = make(mini_config("time_cond_proj_dim", "16"));
  const UNetRow row{at::randn({1, 4, 8, 8}), 500, {.encoder_hidden_states = at::randn({1, 7, 12})}};
  std::vector<UNetRow> rows(3, row);
  rows[1].conditioning.guidance_scale = 1;  // as absent
  rows[2].conditioning.guidance_scale = 8;
  const std::vector<at::Tensor> out = unet(rows);
  EXPECT_LT(reference::difference(out[0], out[1]), 1e-6);
  EXPECT_GT(reference::difference(out[0], out[2]), 1e-4);
  UNet::Input in = small_input(8, 6);
  EXPECT_THROW(unet(in), std::invalid_argument) << "without a scale";
}

TEST(UNet, PerturbsTheSelfAttentionOfSomePicturesInSomeLayers) {
  const UNet unet = make(mini_config());
  const UNetRow row{at::randn({1, 4, 8, 8}), 500, {.encoder_hidden_states = at::randn({1, 7, 12})}};
  std::vector<UNetRow> rows(2, row);
  const at::Tensor plain = unet(rows)[0];
  const auto perturbed_in = [&](std::vector<std::string> layers) {
    rows[1].conditioning.perturbed = std::make_shared<const std::vector<std::string>>(std::move(layers));
    const std::vector<at::Tensor> out = unet(rows);
    EXPECT_LT(reference::difference(out[0], plain), 1e-6);
    EXPECT_GT(reference::difference(out[1], plain), 1e-7);
    return out[1];
  };
  const at::Tensor middle = perturbed_in({"mid_block"}), down = perturbed_in({"down_blocks.1.attentions.0"});
  EXPECT_EQ(reference::difference(perturbed_in({"mid_block.attentions.0"}), middle), 0);
  EXPECT_GT(reference::difference(middle, down), 1e-7);
  EXPECT_GT(reference::difference(perturbed_in({"mid_block", "down_blocks"}), middle), 1e-7);
  rows[0].conditioning.perturbed = std::make_shared<const std::vector<std::string>>(1, "mid_block");
  EXPECT_THROW(unet(rows), std::invalid_argument) << "other layers in one call";

  EXPECT_NO_THROW(unet.check_layers({"mid_block", "down_blocks.1", "up_blocks.0.attentions.1"}));
  try {
    unet.check_layers({"mid_bloc"});
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("no attention layer 'mid_bloc'"));
    EXPECT_THAT(e.what(),
                HasSubstr("there are down_blocks.1.attentions.0, mid_block.attentions.0, up_blocks.0.attentions.0"));
  }
}

/// Two pictures told one thing, and one that is told another, with residuals and an edit of its own.
TEST(UNet, TakesRowsWithAllThatIsTheirs) {
  const UNet unet = make(mini_config());
  const auto edit = std::make_shared<const LogitEdit>(
      [](const at::Tensor& logits, std::int64_t, std::int64_t) { return logits * 2; });
  const auto random = [](at::IntArrayRef shape) { return at::randn(shape); };
  std::vector<UNetRow> rows{
      {at::randn({2, 4, 8, 8}),
       500,
       {.encoder_hidden_states = at::randn({1, 7, 12}), .residuals = residuals_of(random)}},
      {at::randn({1, 4, 8, 8}), 20.5, {.encoder_hidden_states = at::randn({1, 7, 12}), .edit_logits = edit}}};
  const UNetResiduals other = residuals_of(random);
  for (const at::Tensor& one : other.down) rows[1].conditioning.residuals.down.push_back(one.narrow(0, 0, 1));
  rows[1].conditioning.residuals.mid = other.mid.narrow(0, 0, 1);

  const std::vector<at::Tensor> together = unet(rows);
  ASSERT_EQ(together.size(), 2u);
  EXPECT_EQ(together[0].sizes(), (at::IntArrayRef{2, 4, 8, 8}));
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_LT(reference::difference(together[i], unet(std::span(&rows[i], 1))[0]), 1e-5) << i;
  UNet::Input first{rows[0].sample, at::full({2}, 500.0),
                    rows[0].conditioning.encoder_hidden_states.expand({2, 7, 12})};
  first.residuals = rows[0].conditioning.residuals;
  EXPECT_LT(reference::difference(together[0], unet(first)), 1e-5);

  rows[1].conditioning.residuals = {};
  const at::Tensor without = unet(std::span(&rows[1], 1))[0];
  EXPECT_LT(reference::difference(unet(rows)[0], together[0]), 1e-5) << "one with residuals and one without";
  EXPECT_LT(reference::difference(unet(rows)[1], without), 1e-5);
  rows[1].conditioning.residuals.down = {at::ones({1, 8, 8, 8})};
  EXPECT_THROW(unet(rows), std::invalid_argument) << "of another network";
}

TEST(UNet, HasGradients) {
  const UNet unet = make(mini_config());
  for (const auto& [name, tensor] : unet.parameters()) tensor.set_requires_grad(true);
  UNet::Input in = small_input(4, 4);
  in.sample.set_requires_grad(true);
  unet(in).square().sum().backward();
  EXPECT_GT(in.sample.grad().abs().sum().item<double>(), 0);
  for (const auto& [name, tensor] : unet.parameters()) EXPECT_TRUE(tensor.grad().defined()) << name;
}

TEST(UNet, SaysWhichInputIsWrong) {
  const UNet unet = make(mini_config());
  const auto refusal = [&](const UNet::Input& in) {
    try {
      unet(in);
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string("not refused");
  };
  UNet::Input in = small_input(8, 8);
  in.sample = at::randn({2, 3, 8, 8});
  EXPECT_EQ(refusal(in), "unet: sample: expected (B, 4, h, w), found [2, 3, 8, 8]");
  in = small_input(8, 8);
  in.timesteps = at::ones({3});
  EXPECT_EQ(refusal(in), "unet: timesteps: expected one for each row, found [3]");
  in = small_input(8, 8);
  in.encoder_hidden_states = at::Tensor();
  EXPECT_EQ(refusal(in), "unet: encoder_hidden_states: expected (B, tokens, 12), found nothing");
}

TEST(UNet, PassesOnWhatTheSourceThrows) {
  RandomUnet source;
  source.missing = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight";
  EXPECT_THROW(UNet(UNetConfig::read(tensors::ConfigReader::parse(mini_config(), "config.json")), source),
               std::runtime_error);
}

std::set<std::string> names(const std::string& config) {
  const UNet unet = make(config);
  std::set<std::string> names;
  for (const auto& [name, tensor] : unet.parameters()) names.insert(name);
  return names;
}

TEST(UNetConfig, BuildsEachMiddle) {
  EXPECT_TRUE(names(mini_config()).contains("mid_block.attentions.0.proj_in.weight"));
  const auto resnet = names(mini_config("mid_block_type", "\"UNetMidBlock2D\""));
  EXPECT_TRUE(resnet.contains("mid_block.resnets.0.conv1.weight"));
  EXPECT_FALSE(resnet.contains("mid_block.resnets.1.conv1.weight"));
  EXPECT_FALSE(names(mini_config("mid_block_type", "null")).contains("mid_block.resnets.0.conv1.weight"));
}

TEST(UNetConfig, TakesDepthsByLayer) {
  // As SSD-1B has them: a list for each layer of a block, and other lists on the way up.
  const auto found = names(
      mini_config("transformer_layers_per_block", "[1, [3]], \"reverse_transformer_layers_per_block\": [[1, 2], 1]"));
  EXPECT_TRUE(found.contains("down_blocks.1.attentions.0.transformer_blocks.2.norm1.weight"));
  EXPECT_FALSE(found.contains("up_blocks.0.attentions.0.transformer_blocks.1.norm1.weight"));
  EXPECT_TRUE(found.contains("up_blocks.0.attentions.1.transformer_blocks.1.norm1.weight"));
}

std::string config_refusal(const std::string& key, const std::string& value) {
  try {
    UNetConfig::read(tensors::ConfigReader::parse(mini_config(key, value), "unet/config.json"));
  } catch (const tensors::FileError& e) {
    return e.what();
  }
  return "not refused";
}

TEST(UNetConfig, RefusesWhatIsNotBuilt) {
  EXPECT_EQ(config_refusal("time_cond_proj_dim", "2"), "unet/config.json: time_cond_proj_dim: expected at least 4");
  EXPECT_EQ(config_refusal("time_cond_proj_dim", "256"), "not refused");
  EXPECT_EQ(config_refusal("time_cond_proj_dim", "null"), "not refused");
  EXPECT_EQ(config_refusal("dual_cross_attention", "true"),
            "unet/config.json: dual_cross_attention: true is not supported, only false");
  EXPECT_THAT(config_refusal("frobnicate", "3"), HasSubstr("asks for what is not supported: frobnicate"));
  EXPECT_EQ(config_refusal("frobnicate", "null"), "not refused");
  EXPECT_THAT(config_refusal("attention_head_dim", "[1, 2, 3]"), HasSubstr("expected 2 values"));
  EXPECT_THAT(config_refusal("norm_num_groups", "3"), HasSubstr("8 is not a multiple of"));
  EXPECT_THAT(config_refusal("transformer_layers_per_block", "[1, [1, 2, 3]]"), HasSubstr("has 3 depths"));
  EXPECT_THAT(config_refusal("mid_block_type", "\"Other\""), HasSubstr("\"Other\" is not supported"));
  EXPECT_THAT(config_refusal("addition_embed_type", "\"text_time\""), HasSubstr("is missing"));
  EXPECT_THAT(config_refusal("in_channels", "\"four\""), HasSubstr("expected a whole number, found \"four\""));
}

TEST(UNetConfig, RefusesSizesThatNoNetworkHas) {
  for (const char* key : {"in_channels", "sample_size", "norm_num_groups", "cross_attention_dim", "layers_per_block",
                          "attention_head_dim"}) {
    for (const char* size : {"0", "-1"})
      EXPECT_THAT(config_refusal(key, size), HasSubstr(std::string(key) + ": expected 1 to 1048576, found " + size));
    EXPECT_THAT(
        config_refusal(key, "9223372036854775807"),
        HasSubstr(std::string(key) + ": expected 1 to 1048576 (--max network-size=N sets another limit), found "));
  }
  EXPECT_THAT(config_refusal("block_out_channels", "[4611686018427387904, 8]"), HasSubstr("expected 1 to 1048576 ("));
  EXPECT_THAT(config_refusal("in_channels", "18446744073709551615"),
              HasSubstr("expected a whole number, found 18446744073709551615"));
  EXPECT_THAT(config_refusal("transformer_layers_per_block", "[1, []]"), HasSubstr("a block has no depths"));
  EXPECT_THAT(config_refusal("transformer_layers_per_block", "-1"), HasSubstr("expected 1 to 1048576, found -1"));
}

TEST(UNetConfig, TakesSizesUpToTheLimit) {
  const testing_limits::WithLimit limit("network-size", "300");
  EXPECT_EQ(config_refusal("sample_size", "300"), "not refused");
  EXPECT_EQ(config_refusal("sample_size", "301"),
            "unet/config.json: sample_size: expected 1 to 300 (--max network-size=N sets another limit), found 301");
}

}  // namespace
}  // namespace models
