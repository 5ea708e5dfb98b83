// SPDX-License-Identifier: MIT
#include "schedulers/registry.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "base/names.h"

namespace schedulers {
namespace {

/// diffusers' class for one of its Flax classes, which are the same schedulers with the same settings.
std::string without_flax(const std::string& class_name) {
  constexpr std::string_view kFlax = "Flax";
  return class_name.starts_with(kFlax) ? class_name.substr(kFlax.size()) : class_name;
}

/// The one of diffusers' class, and of the file's algorithm_type where the class is several of ours; null: no such
/// class. Throws std::invalid_argument for another algorithm_type.
const Scheduler* of_class(const std::string& wanted, const Config& config) {
  const std::string class_name = without_flax(wanted);
  std::vector<std::string> choices;
  for (const Scheduler& scheduler : schedulers()) {
    if (scheduler.class_name != class_name) continue;
    const std::vector<std::string>& types = scheduler.algorithm_types;
    if (types.empty() || std::ranges::count(types, config.algorithm_type) > 0) return &scheduler;
    choices.push_back(scheduler.name + " (" + types.front() + ")");
  }
  if (choices.empty()) return nullptr;
  throw std::invalid_argument(config.name + ": algorithm_type '" + config.algorithm_type + "' is not built: choose " +
                              base::listed(choices));
}

}  // namespace

const std::vector<Scheduler>& schedulers() {
  static const std::vector<Scheduler> list{euler(),    euler_ancestral(), heun(),  lms(), ddim(), pndm(),
                                           dpmpp_2m(), dpmpp_2m_sde(),    unipc(), lcm(), tcd()};
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
  if (const Scheduler* scheduler = of_class(wanted, config)) return *scheduler;

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
