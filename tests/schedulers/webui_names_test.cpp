// SPDX-License-Identifier: MIT
#include "schedulers/webui_names.h"

#include <gtest/gtest.h>

#include "schedulers/schedule.h"

namespace schedulers {
namespace {

TEST(WebuiNames, EverySchedulerHasOne) {
  for (const std::string& name : scheduler_names()) {
    const WebuiNames names = webui_names(Config::stable_diffusion_xl(), {.scheduler = name});
    EXPECT_NE(names.sampler, name);
    EXPECT_EQ(names.schedule_type, "Automatic");
  }
}

TEST(WebuiNames, AreOfWhatAutoComesTo) {
  Config config = Config::stable_diffusion_xl();
  EXPECT_EQ(webui_names(config, {}).sampler, "Euler");
  config.class_name = "DPMSolverMultistepScheduler";
  config.use_karras_sigmas = true;
  EXPECT_EQ(webui_names(config, {}).sampler, "DPM++ 2M");
  EXPECT_EQ(webui_names(config, {}).schedule_type, "Karras");
  EXPECT_EQ(webui_names(config, {.karras = false}).schedule_type, "Automatic");
  EXPECT_EQ(webui_names(config, {.scheduler = "euler-ancestral"}).sampler, "Euler a");
  EXPECT_EQ(webui_names(config, {.scheduler = "ddim"}).schedule_type, "Automatic") << "ddim has no karras sigmas";
}

}  // namespace
}  // namespace schedulers
