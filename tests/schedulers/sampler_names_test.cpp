// SPDX-License-Identifier: MIT
/// What other programs call schedulers.
#include "schedulers/sampler_names.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "schedulers/schedule.h"

namespace schedulers {
namespace {

using ::testing::HasSubstr;

/// "euler-ancestral", "dpmpp-2m karras", "" for names that are not other programs', or the refusal.
std::string read(const std::string& text) {
  try {
    const auto found = sampler_named(text);
    if (!found) return "";
    return found->scheduler + (found->karras.value_or(false) ? " karras" : "");
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

TEST(SamplerNames, OfWebUis) {
  EXPECT_EQ(read("Euler a"), "euler-ancestral");
  EXPECT_EQ(read("Euler"), "euler");
  EXPECT_EQ(read("DDIM"), "ddim");
  EXPECT_EQ(read("PLMS"), "pndm");
  EXPECT_EQ(read("LMS Karras"), "lms karras");
  EXPECT_EQ(read("Heun"), "heun");
  EXPECT_EQ(read("UniPC"), "unipc");
  EXPECT_EQ(read("DPM++ 2M"), "dpmpp-2m");
  EXPECT_EQ(read("DPM++ 2M Karras"), "dpmpp-2m karras");
  EXPECT_EQ(read("DPM++ 2M SDE Karras"), "dpmpp-2m-sde karras");
}

TEST(SamplerNames, OfComfyUiAndKDiffusion) {
  EXPECT_EQ(read("euler_ancestral"), "euler-ancestral");
  EXPECT_EQ(read("dpmpp_2m"), "dpmpp-2m");
  EXPECT_EQ(read("dpmpp_2m_sde_gpu"), "dpmpp-2m-sde");
  EXPECT_EQ(read("uni_pc"), "unipc");
  EXPECT_EQ(read("uni_pc_bh2"), "unipc");
  EXPECT_EQ(read("k_euler_a"), "euler-ancestral");
  EXPECT_EQ(read("sample_dpmpp_2m"), "dpmpp-2m");
  EXPECT_EQ(read("dpmpp_2m_k"), "dpmpp-2m karras");
  EXPECT_EQ(read("k_lms"), "lms");
}

TEST(SamplerNames, ThatAreNotBuilt) {
  for (const char* name : {"DPM++ SDE", "DPM++ SDE Karras", "DPM2 a", "dpm_2_ancestral", "DPM++ 2S a Karras", "Restart",
                           "DPM++ 3M SDE Exponential", "DPM adaptive", "ddpm", "DPM++ 2M SDE Heun"})
    EXPECT_THAT(read(name), HasSubstr(std::string("the sampler '") + name + "' is not built; there are euler, "));
}

TEST(SamplerNames, NoiseLevelsBehindThemAreSaidApart) {
  EXPECT_EQ(read("DPM++ 2M SGM Uniform"),
            "'DPM++ 2M SGM Uniform' says two things: write scheduler: dpmpp-2m, and spacing: trailing");
  EXPECT_EQ(read("DPM++ 2M SDE Exponential"),
            "'DPM++ 2M SDE Exponential' says two things: write scheduler: dpmpp-2m-sde, and karras: true for Karras' "
            "noise levels (these are not built)");
}

TEST(SamplerNames, OtherTextsAreNone) {
  for (const char* name : {"", "eular", "turbo", "k", "karras", "EulerDiscreteScheduler"}) EXPECT_EQ(read(name), "");
}

TEST(SamplerNames, ASettingGoesBeforeWhatTheNameSays) {
  const auto sigma = [](const Settings& settings) {
    return Schedule(Config::stable_diffusion_xl(), settings).sigma(3);
  };
  const double karras = sigma({.scheduler = "dpmpp-2m", .karras = true}), plain = sigma({.scheduler = "dpmpp-2m"});
  EXPECT_NE(karras, plain);
  EXPECT_EQ(sigma({.scheduler = "DPM++ 2M Karras"}), karras);
  EXPECT_EQ(sigma({.scheduler = "DPM++ 2M Karras", .karras = false}), plain);
  EXPECT_EQ(sigma({.scheduler = "DPM++ 2M"}), plain);
}

TEST(SamplerNames, KarrasWhereASchedulerHasNone) {
  EXPECT_THROW(Schedule(Config::stable_diffusion_xl(), {.scheduler = "Euler a Karras"}), std::invalid_argument);
}

TEST(SamplerNames, FlaxClassesAreTheSameSchedulers) {
  for (const auto& [name, due] : {std::pair{"FlaxDDIMScheduler", "ddim"},
                                  {"FlaxPNDMScheduler", "pndm"},
                                  {"FlaxLMSDiscreteScheduler", "lms"},
                                  {"FlaxEulerDiscreteScheduler", "euler"},
                                  {"FlaxDPMSolverMultistepScheduler", "dpmpp-2m"}}) {
    Config config = Config::stable_diffusion_xl();
    EXPECT_EQ(Schedule(config, {.scheduler = name}).scheduler(), due);
    config.class_name = name;
    EXPECT_EQ(Schedule(config, {}).scheduler(), due);
  }
}

}  // namespace
}  // namespace schedulers
