// SPDX-License-Identifier: MIT
#include "schedulers/schedule.h"

#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using Pairs = graph::NodeHarness::Pairs;

constexpr const char* kMini = SOURCE_DIR "/tests/data/sdxl/mini/model";

schedulers::Schedule scheduled(Pairs props, const std::string& model = "") {
  props.emplace_back("model", model);
  return graph::NodeHarness(built_in(), "schedule", props).run().out<schedulers::Schedule>("schedule");
}

std::string refused(Pairs props) {
  props.emplace_back("model", "");
  return refusal_of("schedule", props);
}

TEST(Schedule, WithoutAModelIsStableDiffusionXls) {
  const schedulers::Schedule schedule = scheduled({{"steps", "4"}});
  EXPECT_EQ(schedule.scheduler(), "euler");
  ASSERT_EQ(schedule.size(), 4U);
  EXPECT_EQ(schedule.timestep(0), 751);
  EXPECT_EQ(schedule.timestep(3), 1);
}

TEST(Schedule, ReadsTheModelsFile) {
  const schedulers::Schedule schedule = scheduled({{"steps", "30"}}, kMini);
  EXPECT_EQ(schedule.scheduler(), "euler");
  EXPECT_EQ(schedule.timestep(0), 958);
  EXPECT_NEAR(schedule.init_noise_sigma(), 11.520333, 1e-5);
}

TEST(Schedule, CountsEvaluations) {
  EXPECT_EQ(scheduled({{"steps", "10"}, {"scheduler", "heun"}}).size(), 19U);
  EXPECT_EQ(scheduled({{"steps", "10"}, {"scheduler", "PNDMScheduler"}}).size(), 11U);
  EXPECT_EQ(scheduled({{"steps", "50"}, {"strength", "0.58"}}).size(), 28U);
  EXPECT_EQ(scheduled({{"steps", "10"}, {"denoising_end", "0.8"}}).size(), 8U);
  EXPECT_EQ(scheduled({{"steps", "10"}, {"denoising_start", "0.8"}}).size(), 2U);
}

TEST(Schedule, EveryPropertyMatters) {
  const auto first_levels = [](const Pairs& props) {
    const schedulers::Schedule schedule = scheduled(props);
    return std::vector{schedule.timestep(1), schedule.sigma(1), schedule.sigma(schedule.size())};
  };
  const auto plain = first_levels({});
  EXPECT_NE(first_levels({{"karras", "true"}}), plain);
  EXPECT_EQ(first_levels({{"karras", "false"}}), plain);
  EXPECT_NE(first_levels({{"spacing", "trailing"}}), plain);
  EXPECT_NE(first_levels({{"final_sigmas_type", "sigma_min"}}), plain);
  EXPECT_NE(first_levels({{"rescale_betas_zero_snr", "true"}}), plain);
  EXPECT_TRUE(needs_noise(scheduled({{"scheduler", "ddim"}, {"eta", "1"}}), 0));
  EXPECT_FALSE(needs_noise(scheduled({{"scheduler", "ddim"}}), 0));
  const at::Tensor ones = at::ones({1, 4, 2, 2});
  EXPECT_FALSE(predict_original(scheduled({{"prediction_type", "v_prediction"}}), 0, ones, ones)
                   .equal(predict_original(scheduled({}), 0, ones, ones)));
}

TEST(Schedule, RefusesBeforeTheRun) {
  EXPECT_THAT(refused({{"scheduler", "eular"}}), HasSubstr("no scheduler 'eular' (did you mean 'euler'?); there are "));
  EXPECT_THAT(refused({{"scheduler", "DDPMScheduler"}}), HasSubstr("diffusers' DDPMScheduler is not built"));
  EXPECT_THAT(refused({{"steps", "0"}}), HasSubstr("'steps'"));
  EXPECT_EQ(refused({{"steps", "1001"}}), "steps: expected 1 to 1000 (the training timesteps), found 1001");
  EXPECT_THAT(refused({{"strength", "1.2"}}), HasSubstr("'strength'"));
  EXPECT_THAT(refused({{"strength", "0.01"}}), HasSubstr("of 30 steps none is left"));
  EXPECT_THAT(refused({{"karras", "maybe"}}), HasSubstr("'maybe'"));
  EXPECT_THAT(refused({{"karras", "true"}, {"scheduler", "pndm"}}), HasSubstr("pndm has no karras sigmas"));
}

TEST(Schedule, HelpNamesEveryScheduler) {
  const graph::Contract& contract = built_in().find("schedule")->contract;
  const std::string& help = contract.props()[static_cast<std::size_t>(contract.find_prop("scheduler"))].help;
  for (const std::string& name : schedulers::scheduler_names()) EXPECT_THAT(help, HasSubstr(name));
}

}  // namespace
}  // namespace nodes
