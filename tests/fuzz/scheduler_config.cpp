// SPDX-License-Identifier: MIT
// scheduler_config.json, and the turns that every scheduler makes of it.
#include <stdexcept>

#include "schedulers/schedule.h"
#include "tensors/npz.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> names = schedulers::scheduler_names();
  schedulers::Config config;
  try {
    config = schedulers::Config::parse(std::string(fuzz::text_of(data, size)), "scheduler_config.json");
  } catch (const tensors::FileError&) {
    return 0;
  }
  for (const std::string& name : names) {
    try {
      const schedulers::Schedule schedule(config, {.scheduler = name, .steps = 4});
      for (std::size_t turn = 0; turn < schedule.size(); ++turn) {
        const double timestep = schedule.timestep(turn);
        fuzz::require(timestep >= 0 && timestep < static_cast<double>(config.num_train_timesteps),
                      "a timestep is one of training");
      }
    } catch (const std::invalid_argument&) {
    } catch (const tensors::FileError&) {
    }
  }
  return 0;
}
