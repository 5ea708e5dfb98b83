// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "schedulers/config.h"
#include "schedulers/settings.h"

namespace schedulers {

/// What web UIs call a sampler and its noise levels, in the texts that pictures carry: "DPM++ 2M" and "Karras", or
/// "Automatic" where the levels are the scheduler's own.
struct WebuiNames {
  std::string sampler;
  std::string schedule_type;
};

/// Of a schedule made by these. Throws as scheduler_named(). Source: stable-diffusion-webui, modules/sd_samplers*.py
/// and sd_schedulers.py.
WebuiNames webui_names(const Config& config, const Settings& settings);

}  // namespace schedulers
