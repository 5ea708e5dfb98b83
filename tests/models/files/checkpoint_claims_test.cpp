// SPDX-License-Identifier: MIT
/// What checkpoints in one file say of themselves, in the forms that their makers write.
#include "models/files/checkpoint_claims.h"

#include <gmock/gmock.h>

#include "models/files/model_files.h"
#include "tensors/npz.h"
#include "tests/models/original_file.h"
#include "tests/observers/temp_folder.h"

namespace models {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using About = std::map<std::string, std::string>;

class CheckpointClaims : public FolderTest {
 protected:
  /// As much of a checkpoint as it takes to know its family, with more beside it.
  std::unique_ptr<const ModelFiles> open(const About& about, const original_file::Tensors& more = {},
                                         std::int64_t context = 2048, int depth = 10) const {
    original_file::Tensors tensors{{"model.diffusion_model.input_blocks.0.0.weight", at::zeros({320, 4, 3, 3})}};
    for (int i = 0; i < depth; ++i)
      tensors.emplace_back(
          "model.diffusion_model.middle_block.1.transformer_blocks." + std::to_string(i) + ".attn2.to_k.weight",
          at::zeros({1, context}));
    tensors.insert(tensors.end(), more.begin(), more.end());
    tensors::write_safetensors(folder_ / "c.safetensors", tensors, about);
    return find_model(path("c.safetensors"), {});
  }
  /// "v_prediction", with " zero" behind it for zero terminal SNR; or the refusal, without the path.
  std::string said(const About& about, const original_file::Tensors& more = {}, std::int64_t context = 2048,
                   int depth = 10, const std::set<std::string>& given = {}) const {
    try {
      const ConfigText text = open(about, more, context, depth)->scheduler(given);
      auto config = tensors::ConfigReader::parse(text.text, text.name);
      return config.get<std::string>("prediction_type", "not said") +
             (config.get<bool>("rescale_betas_zero_snr", false) ? " zero" : "");
    } catch (const tensors::FileError& e) {
      return std::string(e.what()).substr(path("c.safetensors").size() + 2);
    }
  }
  std::string of_sd2(const About& about, const original_file::Tensors& more = {}) const {
    return said(about, more, 1024, 1);
  }
};

TEST_F(CheckpointClaims, InMetadata) {
  EXPECT_EQ(said({}), "epsilon");
  for (const char* key : {"modelspec.prediction_type", "modelspec.predict_key", "prediction_type", "ss_prediction_type",
                          "parameterization"}) {
    for (const char* value : {"v", "V", "v_prediction", "v-prediction", "v prediction", "\"v\"", " v_pred ", "vpred"})
      EXPECT_EQ(said({{key, value}}), "v_prediction") << key << " " << value;
    EXPECT_EQ(said({{key, "eps"}}), "epsilon");
    EXPECT_EQ(said({{key, "sample"}}), "sample");
    for (const char* nothing : {"", "None", "null"}) EXPECT_EQ(said({{key, nothing}}), "epsilon") << nothing;
  }
  for (const char* key : {"ss_v_parameterization", "v_pred", "v_parameterization"}) {
    EXPECT_EQ(said({{key, "True"}}), "v_prediction") << key;
    EXPECT_EQ(said({{key, "1"}}), "v_prediction") << key;
    EXPECT_EQ(said({{key, "False"}}), "epsilon") << key;
  }
  for (const char* key : {"ss_zero_terminal_snr", "zero_terminal_snr", "ztsnr", "rescale_betas_zero_snr"}) {
    EXPECT_EQ(said({{key, "true"}}), "epsilon zero") << key;
    EXPECT_EQ(said({{key, "False"}}), "epsilon") << key;
  }
  EXPECT_EQ(said({{"ss_v_parameterization", "True"}, {"ss_zero_terminal_snr", "True"}}), "v_prediction zero");
}

TEST_F(CheckpointClaims, InTheConfigThatWebUisHaveBesideIt) {
  write("c.yaml", "model:\n  params:\n    # parameterization: eps\n    parameterization: \"v\"  # of 768-v\n");
  EXPECT_EQ(said({}), "v_prediction");
  EXPECT_EQ(open({})->files(), (std::vector<std::filesystem::path>{path("c.safetensors"), path("c.yaml")}));
  EXPECT_THAT(said({{"prediction_type", "epsilon"}}), HasSubstr("'c.yaml: parameterization' says v_prediction"));
  write("c.yaml", "model:\n  params: {}\n");
  EXPECT_EQ(said({}), "epsilon");
  write("c.yaml", "    parameterization: flow\n");
  EXPECT_THAT(said({}), HasSubstr("'c.yaml: parameterization': 'flow', which is not known here"));
}

TEST_F(CheckpointClaims, InTensorsThatAreThereToBeSeen) {
  EXPECT_EQ(said({}, {{"v_pred", at::empty({0})}}), "v_prediction");
  EXPECT_EQ(said({}, {{"v_pred", at::empty({0})}, {"ztsnr", at::empty({0})}}), "v_prediction zero");
  EXPECT_EQ(said({}, {{"v_pred", at::ones({})}}), "v_prediction") << "whatever is in it";
  at::Tensor alphas = at::linspace(0.999, 0.005, 10, at::kFloat);
  EXPECT_EQ(said({}, {{"alphas_cumprod", alphas}}), "epsilon");
  alphas[-1] = 0;
  EXPECT_EQ(said({}, {{"alphas_cumprod", alphas}}), "epsilon zero");
}

TEST_F(CheckpointClaims, OfStableDiffusion2WhichHasBoth) {
  EXPECT_EQ(of_sd2({}), "v_prediction");
  EXPECT_EQ(of_sd2({{"modelspec.architecture", "stable-diffusion-v2-512"}}), "epsilon");
  EXPECT_EQ(of_sd2({{"modelspec.architecture", "stable-diffusion-v2-768-v"}}), "v_prediction");
  EXPECT_EQ(of_sd2({{"ss_base_model_version", "sd_v2"}}), "epsilon");
  EXPECT_EQ(of_sd2({{"ss_base_model_version", "sd_v2_v"}}), "v_prediction");
  const std::string bias = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias";
  const at::Tensor narrow = at::linspace(-0.05, 0.05, 320), wide = narrow * 5;
  EXPECT_EQ(of_sd2({}, {{bias, narrow}}), "epsilon") << "2-base";
  EXPECT_EQ(of_sd2({}, {{bias, wide}}), "v_prediction");
  EXPECT_EQ(of_sd2({{"prediction_type", "v"}}, {{bias, narrow}}), "v_prediction") << "what is said counts";
  EXPECT_EQ(open({}, {{bias, narrow}}, 1024, 1)->native_side(), 512);
  EXPECT_EQ(open({}, {{bias, wide}}, 1024, 1)->native_side(), 768);
  EXPECT_EQ(open({{"modelspec.resolution", "512x512"}}, {}, 1024, 1)->native_side(), 512);
  EXPECT_EQ(open({{"modelspec.resolution", "1024x768"}}, {}, 1024, 1)->native_side(), 768) << "no square";
}

TEST_F(CheckpointClaims, ThatAreNotKnownAreRefusedByName) {
  EXPECT_EQ(
      said({{"modelspec.prediction_type", "flow"}}),
      "its metadata or config says 'modelspec.prediction_type': 'flow', which is not known here: expected epsilon, v "
      "(v_prediction) or sample; where you know what it means, set prediction_type of the schedule");
  EXPECT_THAT(said({{"ss_v_parameterization", "maybe"}}),
              AllOf(HasSubstr("'ss_v_parameterization': 'maybe'"), HasSubstr("expected True or False")));
  EXPECT_THAT(said({{"ss_zero_terminal_snr", "half"}}), HasSubstr("set rescale_betas_zero_snr of the schedule"));
  EXPECT_THAT(said({}, {{"x_pred", at::empty({0})}}),
              HasSubstr("has the tensor 'x_pred' without numbers, which marks something that is not known here"));
}

TEST_F(CheckpointClaims, ThatContradictEachOtherAreRefused) {
  EXPECT_EQ(said({{"modelspec.prediction_type", "epsilon"}}, {{"v_pred", at::empty({0})}}),
            "contradicts itself: 'modelspec.prediction_type' says epsilon and 'v_pred' says v_prediction; set "
            "prediction_type of the schedule to what it is");
  EXPECT_THAT(said({{"zsnr", "False"}}, {{"ztsnr", at::empty({0})}}), HasSubstr("'ztsnr' says true"));
}

TEST_F(CheckpointClaims, DoNotCountWhereTheReaderSaysItself) {
  EXPECT_EQ(said({{"prediction_type", "flow"}}, {}, 2048, 10, {"prediction_type"}), "epsilon");
  EXPECT_EQ(said({{"zsnr", "half"}}, {}, 2048, 10, {"rescale_betas_zero_snr"}), "epsilon");
}

TEST_F(CheckpointClaims, OfNoiseLevelsThatAreNotBuilt) {
  for (const char* mark : {"edm_vpred.sigma_max", "edm_vpred.sigma_min", "edm_mean", "edm_std"})
    EXPECT_THAT(said({}, {{mark, at::ones({1})}}),
                AllOf(HasSubstr(std::string("has the tensor '") + mark + "'"), HasSubstr("EDM")))
        << mark;
}

TEST_F(CheckpointClaims, OfItsFamily) {
  EXPECT_EQ(said({{"modelspec.architecture", "stable-diffusion-xl-v1-base"}}), "epsilon");
  EXPECT_EQ(said({{"modelspec.architecture", "\"stable-diffusion-xl-v1-base-inpainting\""}}), "epsilon");
  EXPECT_EQ(said({{"modelspec.architecture", "my-own-mix"}}), "epsilon") << "the shapes say what it is";
  EXPECT_EQ(said({{"modelspec.architecture", "sdxl-freedm-videography"}}), "epsilon") << "no such words";
  for (const char* other : {"stable-diffusion-v1", "stable-diffusion-xl-v1-refiner", "playground-v2.5", "flux-1-dev",
                            "stable-diffusion-xl-v1-edm"})
    EXPECT_THAT(said({{"modelspec.architecture", other}}),
                AllOf(HasSubstr(std::string("'modelspec.architecture': '") + other),
                      HasSubstr("its weights have the shapes of SDXL base")))
        << other;
}

}  // namespace
}  // namespace models
