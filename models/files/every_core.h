// SPDX-License-Identifier: MIT
#pragma once

#include "base/cores.h"
#include "tensors/torch.h"

namespace models {

/// While it lives, libtorch spreads the work of the thread that made it over every core that the process may use,
/// whatever number of threads is best for computing: most of a load is the system clearing memory that is written to
/// for the first time, which two hyperthreads of one core do faster than one. To be destroyed by the same thread.
class EveryCore {
 public:
  EveryCore() {
    if (const int cores = base::usable_cores(); cores > before_) at::set_num_threads(cores);
  }
  ~EveryCore() {
    if (at::get_num_threads() != before_) at::set_num_threads(before_);
  }
  EveryCore(const EveryCore&) = delete;
  EveryCore& operator=(const EveryCore&) = delete;

 private:
  const int before_ = at::get_num_threads();
};

}  // namespace models
