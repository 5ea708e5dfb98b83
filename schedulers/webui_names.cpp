// SPDX-License-Identifier: MIT
#include "schedulers/webui_names.h"

#include "schedulers/registry.h"

namespace schedulers {
WebuiNames webui_names(const Config& config, const Settings& settings) {
  const Scheduler& scheduler = scheduler_named(settings.scheduler, config);
  const bool karras = scheduler.karras && settings.karras.value_or(config.use_karras_sigmas);
  return {scheduler.webui_name, karras ? "Karras" : "Automatic"};
}

}  // namespace schedulers
