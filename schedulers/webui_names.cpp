// SPDX-License-Identifier: MIT
#include "schedulers/webui_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "schedulers/registry.h"

namespace schedulers {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kSamplers{{
    {"euler", "Euler"},
    {"euler-ancestral", "Euler a"},
    {"heun", "Heun"},
    {"lms", "LMS"},
    {"ddim", "DDIM"},
    {"pndm", "PLMS"},
    {"dpmpp-2m", "DPM++ 2M"},
    {"dpmpp-2m-sde", "DPM++ 2M SDE"},
    {"unipc", "UniPC"},
    {"lcm", "LCM"},
    {"tcd", "TCD"},
}};

}  // namespace

WebuiNames webui_names(const Config& config, const Settings& settings) {
  const Scheduler& scheduler = scheduler_named(settings.scheduler, config);
  const auto known = std::ranges::find(kSamplers, scheduler.name, [](const auto& one) { return one.first; });
  const bool karras = scheduler.karras && settings.karras.value_or(config.use_karras_sigmas);
  return {known == kSamplers.end() ? scheduler.name : std::string(known->second), karras ? "Karras" : "Automatic"};
}

}  // namespace schedulers
