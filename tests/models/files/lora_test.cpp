// SPDX-License-Identifier: MIT
#include "models/files/lora.h"

#include <gmock/gmock.h>

#include "models/files/lora_names.h"
#include "models/files/weights.h"
#include "models/networks/unet.h"
#include "tensors/npz.h"
#include "tensors/safetensors.h"
#include "tests/models/original_file.h"
#include "tests/models/text_parts.h"
#include "tests/observers/temp_folder.h"

namespace models {
namespace {

using original_file::Tensors;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr double kLoraTolerance = 5e-5;
const std::set<std::string> kAll{"unet", "text_encoder", "text_encoder_2"};

Lora read(const std::string& set, const std::string& name) {
  return Lora::read(reference::sdxl(set) / "lora" / (name + ".safetensors"), kAll);
}

UNet unet_of(const std::string& set, ParameterSource& source) {
  return {UNetConfig::read(tensors::ConfigReader::read(reference::sdxl(set) / "model/unet/config.json")), source};
}

std::filesystem::path weights_of(const std::string& set, const std::string& part) {
  return reference::sdxl(set) / "model" / part /
         (part == "unet" ? "diffusion_pytorch_model.safetensors" : "model.safetensors");
}

UNet fused_unet(const std::string& set, const Lora& lora, double scale) {
  WeightFiles weights(weights_of(set, "unet"));
  LoraSource source(weights, lora, "unet", scale);
  UNet unet = unet_of(set, source);
  source.finish();
  weights.finish();
  return unet;
}

at::Tensor run(const UNet& unet, const std::string& set) {
  const reference::Vectors v(set, "unet");
  return unet({v["s16x16_sample"], at::full({2}, 501.0), v["s16x16_ehs"], v["s16x16_text_embeds"],
               v["s16x16_time_ids"].to(at::kFloat)});
}

class LoraParity : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Lora, LoraParity, ::testing::Values("mini", "full"));

struct LoraCase {
  const char* file;
  double scale;
  const char* expected;
};

TEST_P(LoraParity, UnetEqualsDiffusers) {
  REQUIRE_REFERENCE(GetParam());
  const reference::Vectors expected(GetParam(), "lora");
  for (const auto& [file, scale, name] :
       std::initializer_list<LoraCase>{{"lora_kohya_sgm", 0.7, "unet_out_kohya_scale07"},
                                       {"lora_kohya_diffusers_names", 0.7, "unet_out_kohya_scale07"},
                                       {"lora_kohya_sgm", 1.0, "unet_out_kohya_scale10"},
                                       {"lora_peft", 0.7, "unet_out_peft_scale07"},
                                       {"lora_diffusers_legacy", 0.7, "unet_out_peft_scale07"},
                                       {"locon_kohya_diffusers_names", 0.7, "unet_out_locon_scale07"},
                                       {"lora_peft", 0.0, "unet_out_nolora"}}) {
    const double difference =
        reference::difference(run(fused_unet(GetParam(), read(GetParam(), file), scale), GetParam()), expected[name]);
    EXPECT_LT(difference, kLoraTolerance) << file << " " << scale;
    RecordProperty(std::string(file) + std::to_string(scale), std::to_string(difference));
  }
}

TEST_P(LoraParity, TextEncodersEqualDiffusers) {
  REQUIRE_REFERENCE(GetParam());
  const std::string set = GetParam();
  const reference::Vectors expected(set, "lora");
  for (const auto& [file, prefix] : std::initializer_list<std::pair<const char*, std::string>>{
           {"lora_kohya_sgm", "kohya_sgm_"}, {"lora_peft", "peft_"}, {"lora_diffusers_legacy", "peft_"}}) {
    const Lora lora = read(set, file);
    PromptEncoder::Parts parts = text_parts::parts(set);
    const auto fuse = [&](std::optional<TextEncoder>& encoder, const std::string& part) {
      WeightFiles weights(weights_of(set, part));
      LoraSource source(weights, lora, part, 0.7);
      encoder->model = std::make_shared<const ClipTextModel>(encoder->model->config(), source);
      source.finish();
    };
    fuse(parts.text_encoder, "text_encoder");
    fuse(parts.text_encoder_2, "text_encoder_2");
    const EncodedPrompt encoded =
        PromptEncoder(parts).encode({.prompt = "a small red cat sitting on a wooden table, oil painting",
                                     .negative_prompt = "blurry, low quality, watermark"});
    const auto expect = [&](const at::Tensor& found, const std::string& name) {
      EXPECT_LT(reference::difference(found, expected[prefix + "encode_prompt_" + name + "_scale07"]), kLoraTolerance)
          << file << " " << name;
    };
    expect(encoded.prompt_embeds, "embeds");
    expect(encoded.pooled_prompt_embeds, "pooled");
    expect(encoded.negative_prompt_embeds, "negative");
  }
}

TEST(Lora, LeavesNoResidue) {
  WeightFiles weights(weights_of("mini", "unet"));
  const UNet base = unet_of("mini", weights);
  const at::Tensor before = run(base, "mini");
  const Lora kohya = read("mini", "lora_kohya_sgm"), locon = read("mini", "locon_kohya_diffusers_names");
  const reference::Vectors expected("mini", "lora");
  for (const auto& [lora, name] : std::initializer_list<std::pair<const Lora*, const char*>>{
           {&kohya, "unet_out_kohya_scale07"}, {&locon, "unet_out_locon_scale07"}}) {
    SharedParameters shared(base.parameters());
    LoraSource source(shared, *lora, "unet", 0.7);
    const UNet fused = unet_of("mini", source);
    EXPECT_LT(reference::difference(run(fused, "mini"), expected[name]), kLoraTolerance) << name;
  }
  EXPECT_TRUE(run(base, "mini").equal(before));
}

TEST(Lora, SharesWhatItDoesNotChange) {
  WeightFiles weights(weights_of("mini", "unet"));
  const UNet base = unet_of("mini", weights);
  const Lora lora = read("mini", "lora_kohya_sgm");
  SharedParameters shared(base.parameters());
  LoraSource source(shared, lora, "unet", 1);
  const UNet fused = unet_of("mini", source);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < base.parameters().size(); ++i)
    changed += base.parameters()[i].second.data_ptr() != fused.parameters()[i].second.data_ptr() ? 1 : 0;
  EXPECT_EQ(changed, lora.modules("unet").size());
}

TEST(Lora, StacksOnAnother) {
  const Lora first = read("mini", "lora_kohya_sgm"), second = read("mini", "lora_peft");
  const auto weight = [&](const std::vector<std::pair<const Lora*, double>>& loras) {
    WeightFiles weights(weights_of("mini", "unet"));
    std::vector<std::unique_ptr<LoraSource>> sources;
    ParameterSource* source = &weights;
    for (const auto& [lora, scale] : loras)
      source = sources.emplace_back(std::make_unique<LoraSource>(*source, *lora, "unet", scale)).get();
    return source->get("mid_block.attentions.0.proj_in.weight", {24, 24});
  };
  const at::Tensor none = weight({}), both = weight({{&first, 0.5}, {&second, -1}});
  EXPECT_LT(reference::difference(both - none, weight({{&first, 0.5}}) - none + weight({{&second, -1}}) - none), 1e-5);
}

TEST(LoraNames, OfEveryTrainerAreTheSameLayer) {
  for (const char* name :
       {"lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_out_0.lora_down.weight",
        "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.weight",
        "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0.lora.down.weight",
        "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight",
        "down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight",
        "base_model.model.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.weight",
        "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.default.weight"}) {
    const auto parsed = parse_lora_name(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->network, "unet") << name;
    EXPECT_EQ(parsed->layer, "down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_out_0") << name;
    EXPECT_EQ(parsed->role, LoraTensor::Role::kDown) << name;
  }
  for (const char* name : {"lora_te2_text_model_encoder_layers_3_self_attn_q_proj.lora_up.weight",
                           "text_encoder_2.text_model.encoder.layers.3.self_attn.q_proj.lora_linear_layer.up.weight",
                           "text_encoder_2.text_model.encoder.layers.3.self_attn.to_q_lora.up.weight",
                           "text_encoder_2.text_model.encoder.layers.3.self_attn.q_proj.lora_B.weight"}) {
    const auto parsed = parse_lora_name(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->network, "text_encoder_2") << name;
    EXPECT_EQ(parsed->layer, "text_model_encoder_layers_3_self_attn_q_proj") << name;
    EXPECT_EQ(parsed->role, LoraTensor::Role::kUp) << name;
  }
  EXPECT_EQ(parse_lora_name("lora_te_text_model_x.alpha")->network, "text_encoder");
  EXPECT_EQ(parse_lora_name("lora_te1_text_model_x.alpha")->network, "text_encoder");
  EXPECT_FALSE(parse_lora_name("conv_in.weight"));
}

/// Whatever is asked for, of zeros.
class Zeros final : public ParameterSource {
 public:
  at::Tensor get(const std::string&, at::IntArrayRef shape) override { return at::zeros(shape, dtype); }
  at::ScalarType dtype = at::kFloat;
};

class LoraFile : public FolderTest {
 protected:
  Lora lora(const Tensors& tensors, const std::map<std::string, std::string>& about = {},
            const std::set<std::string>& networks = kAll) const {
    tensors::write_safetensors(folder_ / "lora.safetensors", tensors, about);
    return Lora::read(folder_ / "lora.safetensors", networks);
  }
  template <class Action>
  static std::string refusal(const Action& action) {
    try {
      action();
    } catch (const tensors::FileError& e) {
      return e.what();
    }
    return "not refused";
  }
  std::string refused(const Tensors& tensors, const std::map<std::string, std::string>& about = {},
                      const std::set<std::string>& networks = kAll) const {
    return refusal([&] { lora(tensors, about, networks); });
  }
  static Tensors linear(const std::string& layer = "lora_unet_mid_block_proj") {
    return {{layer + ".lora_down.weight", at::ones({2, 3})}, {layer + ".lora_up.weight", at::ones({4, 2})}};
  }
  /// What a LoRA of ones makes of a weight of zeros.
  double value(const Tensors& tensors, const std::map<std::string, std::string>& about = {}) const {
    Zeros layers;
    const Lora read = lora(tensors, about);
    LoraSource source(layers, read, "unet", 0.5);
    return source.get("mid_block.proj.weight", {4, 3})[0][0].item<double>();
  }
};

TEST_F(LoraFile, AlphaIsTheRankWhereThereIsNone) {
  Tensors tensors = linear();
  EXPECT_DOUBLE_EQ(value(tensors), 0.5 * 2);
  tensors.emplace_back("lora_unet_mid_block_proj.alpha", at::tensor(1.0f));
  EXPECT_DOUBLE_EQ(value(tensors), 0.5 * 1.0 / 2 * 2);
}

TEST_F(LoraFile, AlphaMayBeInTheMetadata) {
  EXPECT_DOUBLE_EQ(value(linear(), {{"lora_adapter_metadata", R"({"unet.lora_alpha": 1, "unet.r": 2})"}}), 0.5);
  EXPECT_THAT(refused(linear(), {{"lora_adapter_metadata", R"({"unet.use_rslora": true})"}}),
              HasSubstr("unet.use_rslora is not supported"));
  EXPECT_THAT(refused(linear(), {{"lora_adapter_metadata", "{"}}), HasSubstr("is not a JSON object"));
}

TEST_F(LoraFile, LinearHalvesChangeAPointConvolution) {
  Zeros layers;
  const Lora read = lora(linear());
  LoraSource source(layers, read, "unet", 1);
  EXPECT_TRUE(source.get("mid_block.proj.weight", {4, 3, 1, 1}).equal(at::full({4, 3, 1, 1}, 2.0)));
}

TEST_F(LoraFile, KeepsTheDtypeAndComputesInFloat) {
  Zeros layers;
  layers.dtype = at::kHalf;
  const Lora read = lora(linear());
  LoraSource source(layers, read, "unet", 1);
  EXPECT_TRUE(source.get("mid_block.proj.weight", {4, 3}).equal(at::full({4, 3}, 2.0, at::kHalf)));
  EXPECT_TRUE(source.get("mid_block.proj.bias", {4}).equal(at::zeros({4}, at::kHalf)));
}

/// LyCORIS' LoCon with a Tucker decomposition: ΔW[o,i,k,l] = Σ up[o,p] · mid[p,q,k,l] · down[q,i].
TEST_F(LoraFile, ATuckerDecompositionHasItsKernelInTheMiddle) {
  const at::Tensor down = at::arange(6, at::kFloat).view({2, 3, 1, 1}),
                   up = at::arange(12, at::kFloat).view({4, 3, 1, 1});
  const at::Tensor mid = at::arange(54, at::kFloat).view({3, 2, 3, 3}) / 10;
  const std::string name = "lora_unet_mid_block_conv";
  const Lora read = lora({{name + ".lora_down.weight", down},
                          {name + ".lora_up.weight", up},
                          {name + ".lora_mid.weight", mid},
                          {name + ".alpha", at::full({}, 1.0)}});
  Zeros layers;
  LoraSource source(layers, read, "unet", 0.5);
  const at::Tensor due = at::einsum("op,pqkl,qi->oikl", {up.flatten(1), mid, down.flatten(1)}) * 0.5 * 1.0 / 2;
  EXPECT_LT(reference::difference(source.get("mid_block.conv.weight", {4, 3, 3, 3}), due), 1e-4);
  EXPECT_THAT(refusal([&] { source.get("mid_block.conv.weight", {4, 3, 1, 1}); }), HasSubstr("for another model"));
  EXPECT_NO_THROW(source.finish());
}

TEST_F(LoraFile, FactorsScaleRowsOrColumns) {
  struct Ones final : ParameterSource {
    at::Tensor get(const std::string& /*name*/, at::IntArrayRef shape) override { return at::ones(shape); }
  } layers;
  const at::Tensor factors = at::arange(3, at::kFloat);
  const std::string name = "lora_unet_mid_block_attn2_to_k";
  const Lora in = lora({{name + ".weight", factors}, {name + ".on_input", at::ones({})}});
  LoraSource by_column(layers, in, "unet", 0.5);
  EXPECT_TRUE(
      by_column.get("mid_block.attn2.to_k.weight", {2, 3}).equal(at::tensor({1.0F, 1.5F, 2.0F}).expand({2, 3})));
  const Lora out = lora({{name + ".weight", factors.view({3, 1})}, {name + ".on_input", at::zeros({1})}});
  LoraSource by_row(layers, out, "unet", 1);
  EXPECT_TRUE(by_row.get("mid_block.attn2.to_k.weight", {3, 2})
                  .equal(at::tensor({1.0F, 2.0F, 3.0F}).view({3, 1}).expand({3, 2})));
  EXPECT_THAT(refusal([&] { by_row.get("mid_block.attn2.to_k.weight", {4, 2}); }), HasSubstr("for another model"));
  EXPECT_THAT(refused({{name + ".on_input", at::ones({1})}}), HasSubstr("has no factors of an (IA)³"));
}

TEST_F(LoraFile, NormsAndDifferencesAreAddedAsTheyAre) {
  Zeros layers;
  for (const auto& [weight, bias] : {std::pair{".w_norm", ".b_norm"}, {".diff", ".diff_b"}}) {
    const std::string name = "lora_unet_mid_block_norm";
    const Lora read = lora({{name + weight, at::full({4}, 2.0)}, {name + bias, at::full({4}, 3.0)}});
    LoraSource source(layers, read, "unet", 0.5);
    EXPECT_TRUE(source.get("mid_block.norm.weight", {4}).equal(at::full({4}, 1.0))) << weight;
    EXPECT_THAT(refusal([&] { source.finish(); }), HasSubstr("find no layer")) << "nobody asked for the bias";
    EXPECT_TRUE(source.get("mid_block.norm.bias", {4}).equal(at::full({4}, 1.5))) << bias;
    EXPECT_NO_THROW(source.finish());
    EXPECT_THAT(refusal([&] { source.get("mid_block.norm.bias", {5}); }), HasSubstr("changes a bias of [4]"));
    EXPECT_THAT(refusal([&] { source.get("mid_block.norm.weight", {5}); }), HasSubstr("changes a weight of [4]"));
  }
}

/// As ComfyUI saves them: the checkpoint's own names.
TEST_F(LoraFile, OriginalNamesMayHaveDots) {
  Zeros layers;
  Tensors tensors = linear("diffusion_model.middle_block.1.proj_in");
  for (auto& [name, tensor] : tensors) tensor = at::ones_like(tensor);
  const Lora read = lora(tensors);
  LoraSource source(layers, read, "unet", 1);
  EXPECT_GT(source.get("mid_block.attentions.0.proj_in.weight", {4, 3}).sum().item<double>(), 0);
  EXPECT_NO_THROW(source.finish());
}

TEST_F(LoraFile, ForAnotherModelSaysSo) {
  Zeros layers;
  Tensors tensors = linear("lora_unet_mid_block_attn2_to_k");
  tensors[0].second = at::ones({2, 768});
  const Lora other = lora(tensors);
  LoraSource source(layers, other, "unet", 1);
  EXPECT_EQ(refusal([&] { source.finish(); }),
            path("lora.safetensors") +
                ": 1 of its 1 modules for the unet find no layer in this model: "
                "'lora_unet_mid_block_attn2_to_k.lora_up.weight': the LoRA is for another model, "
                "it seems for Stable Diffusion 1.x");
  EXPECT_EQ(refusal([&] {
              static_cast<void>(source.get("mid_block.attn2.to_k.weight", {4, 2048}));
            }),
            path("lora.safetensors") +
                ": 'lora_unet_mid_block_attn2_to_k.lora_up.weight' changes a weight of [4, 768], "
                "but mid_block.attn2.to_k.weight is [4, 2048]: the LoRA is for another model, it "
                "seems for Stable Diffusion 1.x");
  EXPECT_THAT(refused(linear("lora_te2_text_model_x"), {}, {"unet", "text_encoder"}),
              HasSubstr("is for a text_encoder_2, which this model has not: the LoRA is for another model"));
}

TEST_F(LoraFile, WithAnotherKernelDoesNotFit) {
  Zeros layers;
  const Lora read = lora({{"unet.mid_block.conv.lora_A.weight", at::ones({2, 4, 1, 9})},
                          {"unet.mid_block.conv.lora_B.weight", at::ones({4, 2, 1, 1})}});
  LoraSource source(layers, read, "unet", 1);
  EXPECT_THAT(refusal([&] {
                static_cast<void>(source.get("mid_block.conv.weight", {4, 4, 3, 3}));
              }),
              HasSubstr("the LoRA is for another model"));
}

TEST_F(LoraFile, ThatIsSomethingElseIsNamed) {
  const auto of = [&](const std::string& name) { return refused({{name, at::ones({2, 2})}}); };
  EXPECT_THAT(of("lora_unet_x.hada_w1_a"), HasSubstr("this is a LoHa, which is not supported"));
  EXPECT_THAT(of("lora_unet_x.lokr_w1"), HasSubstr("a LoKr"));
  EXPECT_THAT(of("lora_unet_x.dora_scale"), HasSubstr("a DoRA"));
  EXPECT_THAT(of("unet.x.lora_magnitude_vector.weight"), HasSubstr("a DoRA"));
  EXPECT_THAT(of("lora_unet_x.lora_mid.weight"), HasSubstr("has no down half"));
  EXPECT_THAT(of("lora_unet_x.oft_blocks"), HasSubstr("an OFT"));
  EXPECT_THAT(of("unet.x.ia3_l"), HasSubstr("an (IA)³ of PEFT's"));
  EXPECT_THAT(of("transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight"), HasSubstr("a LoRA for Flux"));
  EXPECT_THAT(of("model.diffusion_model.double_blocks.0.x"), HasSubstr("for Flux"));
  EXPECT_THAT(of("first_stage_model.decoder.conv_in.weight"),
              HasSubstr("is not a LoRA: it seems to be an autoencoder"));
  EXPECT_THAT(of("lora_unet_x.weight"), HasSubstr("is not a part of a LoRA, nor of an (IA)³"));
  EXPECT_THAT(of("conv_in.weight"), HasSubstr("'conv_in.weight' is not a part of a LoRA"));
  EXPECT_THAT(refused({}), HasSubstr("has no tensors"));
}

TEST_F(LoraFile, ThatIsDamagedIsNamed) {
  Tensors tensors = linear();
  EXPECT_THAT(refused({tensors[0]}), HasSubstr("has no up half"));
  EXPECT_THAT(refused({tensors[1]}), HasSubstr("has no down half"));
  EXPECT_THAT(refused({{"lora_unet_x.alpha", at::ones({1})}}), HasSubstr("'x' has no down half"));
  EXPECT_THAT(refused({tensors[0], {"unet.mid_block.proj.lora_A.weight", at::ones({2, 3})}, tensors[1]}),
              HasSubstr("is there under another name, too"));
  tensors[1].second = at::ones({4, 3});
  EXPECT_THAT(refused(tensors), HasSubstr("halves that do not go together: down [2, 3], up [4, 3]"));
  tensors[1].second = at::ones({4, 2}, at::kChar);
  EXPECT_THAT(refused(tensors), HasSubstr("not of floating point"));
  tensors[1] = {"lora_unet_mid_block_proj.alpha", at::ones({2})};
  EXPECT_THAT(refused(tensors), HasSubstr("is not one number"));
}

}  // namespace
}  // namespace models
