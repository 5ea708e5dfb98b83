// SPDX-License-Identifier: MIT
#include "schedulers/registry.h"

#include <algorithm>
#include <stdexcept>

#include "base/names.h"

namespace schedulers {
namespace {

/// diffusers' DPMSolverMultistepScheduler is two of ours.
const Scheduler& dpm_solver(const Config& config) {
  const std::string& type = config.algorithm_type;
  const std::string name = type == "sde-dpmsolver++" ? "dpmpp-2m-sde" : "dpmpp-2m";
  if (type == "dpmsolver++" || type == "deis" || type == "sde-dpmsolver++") return scheduler_named(name, config);
  throw std::invalid_argument(config.name + ": algorithm_type '" + type +
                              "' is not built: choose dpmpp-2m (dpmsolver++) or dpmpp-2m-sde (sde-dpmsolver++)");
}

}  // namespace

const std::vector<Scheduler>& schedulers() {
  static const std::vector<Scheduler> list{euler(), euler_ancestral(), heun(),         lms(),  ddim(),
                                           pndm(),  dpmpp_2m(),        dpmpp_2m_sde(), unipc()};
  return list;
}

std::vector<std::string> scheduler_names() {
  std::vector<std::string> names;
  for (const Scheduler& scheduler : schedulers()) names.push_back(scheduler.name);
  return names;
}

const Scheduler& scheduler_named(const std::string& name, const Config& config) {
  const bool from_file = name.empty();
  const std::string& wanted = from_file ? config.class_name : name;
  const auto named = std::ranges::find(schedulers(), wanted, &Scheduler::name);
  if (!from_file && named != schedulers().end()) return *named;
  if (wanted == dpmpp_2m().class_name) return dpm_solver(config);
  const auto of_class = std::ranges::find(schedulers(), wanted, &Scheduler::class_name);
  if (of_class != schedulers().end()) return *of_class;

  const std::string where = from_file ? config.name + ": " : "";
  const std::string list = "; there are " + base::listed(scheduler_names());
  if (wanted.empty()) throw std::invalid_argument(where + "no _class_name, so name a scheduler" + list);
  if (wanted.ends_with("Scheduler")) {
    throw std::invalid_argument(where + "diffusers' " + wanted + " is not built" + list);
  }
  throw std::invalid_argument(where + "no scheduler '" + wanted + "'" + base::did_you_mean(wanted, scheduler_names()) +
                              list);
}

}  // namespace schedulers
