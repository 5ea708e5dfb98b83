// SPDX-License-Identifier: MIT
#include "tensors/pools.h"

#include <c10/util/Flags.h>

#include <limits>
#include <string>

#include "base/cores.h"

namespace tensors {

void limit_pools() {
  const int most = base::most_threads();
  if (most == std::numeric_limits<int>::max()) return;
  std::string program = "decoupage", size = "--pthreadpool_size=" + std::to_string(most);
  char* words[] = {program.data(), size.data(), nullptr};
  int count = 2;
  char** list = words;
  c10::ParseCommandLineFlags(&count, &list);
}

}  // namespace tensors
