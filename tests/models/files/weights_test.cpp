// SPDX-License-Identifier: MIT
#include "models/files/weights.h"

#include <gmock/gmock.h>

#include "base/cores.h"
#include "models/networks/autoencoder.h"
#include "models/networks/unet.h"
#include "models/text/clip.h"
#include "tensors/npz.h"
#include "tests/limits.h"
#include "tests/models/original_file.h"
#include "tests/observers/temp_folder.h"

namespace models {
namespace {

using original_file::mini;
using original_file::Tensors;
using original_file::tensors_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Action>
std::string refused_file(const Action& action) {
  try {
    action();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "not refused";
}

tensors::ConfigReader config_of(const std::string& part) {
  return tensors::ConfigReader::read(reference::sdxl("mini") / "model" / part / "config.json");
}

class Weights : public FolderTest {
 protected:
  std::filesystem::path save(const Tensors& tensors, const std::string& name = "a.safetensors") const {
    tensors::write_safetensors(folder_ / name, tensors);
    return folder_ / name;
  }
  std::string refused(const Tensors& tensors, const std::string& name, at::IntArrayRef shape) const {
    WeightFiles files(save(tensors));
    return refused_file([&] { static_cast<void>(files.get(name, shape)); });
  }
};

TEST_F(Weights, ServeATensorWithoutACopyWhereNothingChanges) {
  const auto path = save({{"a.weight", at::ones({2, 3})}});
  WeightFiles files(path), again(path);
  const at::Tensor a = files.get("a.weight", {2, 3});
  EXPECT_TRUE(a.equal(at::ones({2, 3})));
  EXPECT_EQ(a.data_ptr(), files.get("a.weight", {2, 3}).data_ptr());
}

TEST_F(Weights, AreConvertedToTheDtypeThatIsAskedFor) {
  const at::Tensor values = at::arange(100'000, at::kFloat).sub(50'000).div(777);
  for (const at::ScalarType from : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    for (const at::ScalarType to : {at::kHalf, at::kBFloat16, at::kFloat}) {
      WeightFiles files(save({{"a", values.to(from)}}), {}, {.dtype = to});
      const at::Tensor a = files.get("a", {100'000});
      EXPECT_EQ(a.scalar_type(), to);
      EXPECT_TRUE(a.equal(values.to(from).to(to))) << at::toString(from) << " to " << at::toString(to);
    }
  }
}

TEST_F(Weights, AreConvertedByEveryCoreWithoutAChangeForOthers) {
  const int before = at::get_num_threads(), cores = base::usable_cores();
  for (const int threads : {1, cores + 1}) {
    at::set_num_threads(threads);
    {
      WeightFiles files(save({{"a", at::ones({100'000})}}), {}, {.dtype = at::kHalf});
      EXPECT_EQ(at::get_num_threads(), threads);
      static_cast<void>(files.get("a", {100'000}));
      EXPECT_EQ(at::get_num_threads(), std::max(threads, cores));
    }
    EXPECT_EQ(at::get_num_threads(), threads);
  }
  at::set_num_threads(before);
}

TEST_F(Weights, NameAMissingTensorAndTheNearest) {
  const Tensors tensors{{"down_blocks.0.resnets.0.conv1.weight", at::ones({4, 3})}, {"other", at::ones({1})}};
  const std::string text = refused(tensors, "down_blocks.0.resnets.1.conv1.weight", {4, 3});
  EXPECT_EQ(text, path("a.safetensors") +
                      ": has no tensor 'down_blocks.0.resnets.1.conv1.weight', expected of shape [4, 3] (did "
                      "you mean 'down_blocks.0.resnets.0.conv1.weight', of shape [4, 3]?)");
  EXPECT_THAT(refused(tensors, "time_embedding.linear_1.weight", {4, 3}), Not(HasSubstr("did you mean")));
}

TEST_F(Weights, NameATensorOfAnotherShape) {
  EXPECT_EQ(refused({{"conv_in.weight", at::ones({4, 9, 3, 3})}}, "conv_in.weight", {4, 4, 3, 3}),
            path("a.safetensors") +
                ": 'conv_in.weight' has the shape [4, 9, 3, 3], expected [4, 4, 3, 3]: this file and "
                "the config do not belong together");
}

TEST_F(Weights, AreOfFloatingPoint) {
  EXPECT_THAT(refused({{"a", at::ones({2}, at::kChar)}}, "a", {2}),
              AllOf(HasSubstr("'a' is Char"), HasSubstr("quantised")));
}

TEST_F(Weights, ListWhatNobodyAskedFor) {
  WeightFiles files(save({{"a", at::ones({1})}, {"b", at::ones({1})}, {"x.position_ids", at::ones({1}, at::kLong)}}));
  static_cast<void>(files.get("a", {1}));
  EXPECT_THAT(files.unused(), ElementsAre("b"));
  EXPECT_THAT(refused_file([&] { files.finish(); }), AllOf(HasSubstr("has 1 tensors"), HasSubstr("'b'")));
  static_cast<void>(files.get("b", {1}));
  EXPECT_NO_THROW(files.finish());
}

TEST_F(Weights, AreStoredAsTheNetworksLargestTensorIs) {
  const auto path =
      save({{"a.small", at::ones({2})}, {"a.large", at::ones({5}, at::kHalf)}, {"b.huge", at::ones({9})}});
  EXPECT_EQ(WeightFiles(path, {.prefix = "a."}).stored_dtype(), at::kHalf);
  EXPECT_EQ(WeightFiles(path).stored_dtype(), at::kFloat);
}

class Pieces : public Weights {
 protected:
  void SetUp() override {
    save({{"a", at::ones({2})}}, "m-00001-of-00002.safetensors");
    save({{"b", at::zeros({2})}}, "m-00002-of-00002.safetensors");
  }
  std::string refused_index(const std::string& json) const {
    write("m.safetensors.index.json", json);
    return refused_file([&] { const WeightFiles files(folder_ / "m.safetensors.index.json"); });
  }
};

TEST_F(Pieces, AreOneCheckpoint) {
  write("m.safetensors.index.json", R"({"metadata": {"total_size": 16}, "weight_map": {
    "a": "m-00001-of-00002.safetensors", "b": "m-00002-of-00002.safetensors"}})");
  WeightFiles files(folder_ / "m.safetensors.index.json");
  EXPECT_TRUE(files.get("a", {2}).equal(at::ones({2})));
  EXPECT_TRUE(files.get("b", {2}).equal(at::zeros({2})));
  EXPECT_NO_THROW(files.finish());
}

TEST_F(Pieces, IndexHasALimit) {
  const std::string index = R"({"weight_map": {"a": "m-00001-of-00002.safetensors"}})";
  {
    const testing_limits::WithLimit enough("weight-index-bytes", std::to_string(index.size()));
    EXPECT_THAT(refused_index(index), ::testing::Not(HasSubstr("--max")));
  }
  const testing_limits::WithLimit less("weight-index-bytes", std::to_string(index.size() - 1));
  EXPECT_THAT(refused_index(index), HasSubstr("(--max weight-index-bytes=N sets another limit)"));
}

TEST_F(Pieces, AreNamedWhenOneIsMissingOrWrong) {
  EXPECT_THAT(refused_index(R"({"weight_map": {"a": "m-00003-of-00003.safetensors"}})"),
              AllOf(HasSubstr("m-00003-of-00003.safetensors: is missing"), HasSubstr("fetch the rest")));
  EXPECT_THAT(refused_index(R"({"weight_map": {"b": "m-00001-of-00002.safetensors"}})"),
              HasSubstr("has no tensor 'b'"));
  EXPECT_THAT(refused_index(R"({"weight_map": {"a": "../m-00001-of-00002.safetensors"}})"),
              HasSubstr("expected the name of a file beside it"));
  EXPECT_THAT(refused_index(R"({"weight_map": {"a": "m-00001-of-00002.bin"}})"),
              HasSubstr("not a .safetensors file: convert"));
  EXPECT_THAT(refused_index(R"({"weight_map": {"a": 1}})"), HasSubstr("expected the name"));
  EXPECT_THAT(refused_index(R"({"weight_map": {}})"), HasSubstr("is empty"));
  EXPECT_THAT(refused_index("{"), HasSubstr("not a JSON object with a weight_map"));
}

TEST_F(Pieces, HaveNoTensorInCommon) {
  save({{"a", at::ones({2})}, {"b", at::ones({2})}}, "m-00002-of-00002.safetensors");
  EXPECT_THAT(refused_index(R"({"weight_map": {
    "a": "m-00001-of-00002.safetensors", "b": "m-00002-of-00002.safetensors"}})"),
              HasSubstr("'a' is in m-00001-of-00002.safetensors, too"));
}

TEST_F(Weights, FillTheNetworksOfAFolder) {
  WeightFiles unet(mini("unet")), vae(mini("vae")), first(mini("text_encoder")), second(mini("text_encoder_2"));
  EXPECT_EQ(UNet(UNetConfig::read(config_of("unet")), unet).parameters().size(), 620u);
  EXPECT_EQ(make_autoencoder(config_of("vae"), vae)->parameters().size(), 180u);
  EXPECT_EQ(ClipTextModel(ClipTextConfig::read(config_of("text_encoder")), first).parameters().size(), 52u);
  EXPECT_EQ(ClipTextModel(ClipTextConfig::read(config_of("text_encoder_2")), second).parameters().size(), 53u);
  for (const WeightFiles* files : {&unet, &vae, &first, &second}) EXPECT_NO_THROW(files->finish());
}

/// Every parameter equals that of the folder, and nothing is left over.
template <class Network>
void expect_same(const std::string& part, const std::filesystem::path& checkpoint, const WeightLayout& layout,
                 const Network& network) {
  WeightFiles expected(mini(part)), files(checkpoint, layout);
  const ParameterTable a = network(expected), b = network(files);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
  EXPECT_NO_THROW(files.finish());
}

TEST_F(Weights, OfTheOriginalLayoutFillTheSameNetworks) {
  const auto unet_keys = [](const std::string& name) { return original_unet_keys(name, 2); };
  const auto vae_keys = [](const std::string& name) { return original_vae_keys(name, 4); };
  Tensors all{{"alphas_cumprod", at::ones({1000})}};
  original_file::append(all, tensors_of(mini("unet")), "model.diffusion_model.", unet_keys);
  original_file::append(all, tensors_of(mini("vae")), "first_stage_model.", vae_keys);
  original_file::append(all, tensors_of(mini("text_encoder")), "conditioner.embedders.0.transformer.", same_keys);
  original_file::append(all, tensors_of(mini("text_encoder_2")), "conditioner.embedders.1.model.", open_clip_keys);
  all.emplace_back("conditioner.embedders.0.transformer.text_model.embeddings.position_ids", at::arange(77, at::kLong));
  const auto path = save(all);
  expect_same("unet", path, {"model.diffusion_model.", unet_keys},
              [&](ParameterSource& source) { return UNet(UNetConfig::read(config_of("unet")), source).parameters(); });
  expect_same("vae", path, {"first_stage_model.", vae_keys},
              [&](ParameterSource& source) { return make_autoencoder(config_of("vae"), source)->parameters(); });
  expect_same("text_encoder", path, {"conditioner.embedders.0.transformer.", original_clip_keys},
              [&](ParameterSource& source) {
                return ClipTextModel(ClipTextConfig::read(config_of("text_encoder")), source).parameters();
              });
  expect_same("text_encoder_2", path, {"conditioner.embedders.1.model.", open_clip_keys}, [&](ParameterSource& source) {
    return ClipTextModel(ClipTextConfig::read(config_of("text_encoder_2")), source).parameters();
  });
}

TEST_F(Weights, OfAnOldVaeFillTheSameNetwork) {
  Tensors old;
  original_file::append(old, tensors_of(mini("vae")), "",
                        [](const std::string& name) { return Origins{diffusers_vae_keys(name).back()}; });
  expect_same("vae", save(old), {.origins = diffusers_vae_keys},
              [&](ParameterSource& source) { return make_autoencoder(config_of("vae"), source)->parameters(); });
}

TEST_F(Weights, NameTheTensorByTheNameThatTheFileWouldHave) {
  WeightFiles files(save({{"model.diffusion_model.input_blocks.0.0.bias", at::ones({8})}}),
                    {"model.diffusion_model.", [](const std::string& name) { return original_unet_keys(name, 2); }});
  EXPECT_THAT(refused_file([&] {
                static_cast<void>(files.get("conv_in.weight", {8, 4, 3, 3}));
              }),
              AllOf(HasSubstr("has no tensor 'model.diffusion_model.input_blocks.0.0.weight'"),
                    HasSubstr("'model.diffusion_model.input_blocks.0.0.bias', of shape [8]?")));
  EXPECT_THAT(refused_file([&] { static_cast<void>(files.get("what.is.this", {8})); }),
              HasSubstr("this layout of files knows no parameter what.is.this"));
}

TEST_F(Weights, AreSharedByNetworksThatWantTheSame) {
  WeightFiles files(mini("unet"));
  const UNet first(UNetConfig::read(config_of("unet")), files);
  SharedParameters shared(first.parameters());
  const UNet second(UNetConfig::read(config_of("unet")), shared);
  for (std::size_t i = 0; i < first.parameters().size(); ++i)
    EXPECT_EQ(first.parameters()[i].second.data_ptr(), second.parameters()[i].second.data_ptr());
  EXPECT_THAT(refused_file([&] { static_cast<void>(shared.get("conv_in.bias", {9})); }),
              HasSubstr("conv_in.bias: expected [9]"));
}

TEST_F(Weights, HaveAnIdentityThatIsThatOfTheirNumbers) {
  const at::Tensor a = at::arange(1000, at::kFloat), b = at::ones({4, 4}), other = at::full({3}, 7.0);
  const auto identity = [&](const Tensors& tensors, const WeightLayout& layout = {}) {
    return WeightFiles(save(tensors), layout).identity();
  };
  const std::string due = identity({{"a", a}, {"b", b}});
  EXPECT_EQ(due.size(), 21u) << due;
  EXPECT_EQ(identity({{"vae.y", a}, {"vae.x", b.view({4, 4, 1, 1})}, {"unet.z", other}}, {.prefix = "vae."}), due)
      << "in another layout, beside another network";
  EXPECT_EQ(identity({{"a", a}, {"b", b}, {"text.position_ids", other}}), due) << "what is ignored does not count";
  EXPECT_NE(identity({{"a", a + 1}, {"b", b}}), due);
  EXPECT_NE(identity({{"a", a}}), due);
  EXPECT_NE(identity({{"a", a.to(at::kHalf)}, {"b", b}}), due);
}

}  // namespace
}  // namespace models
