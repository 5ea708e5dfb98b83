// SPDX-License-Identifier: MIT
#include "base/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

namespace base {

int usable_cores() {
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  // TBB before 2022.3 does not see a container's quota.
  std::ifstream quota("/sys/fs/cgroup/cpu.max");
  std::string most;
  double period = 0;
  if (quota >> most >> period && most != "max" && period > 0) {
    cores = std::min(cores, std::max(1, static_cast<int>(std::lround(std::stod(most) / period))));
  }
  return std::max(1, cores);
}

}  // namespace base
