// SPDX-License-Identifier: MIT
#include "nodes/out_of_memory.h"

#include "imaging/out_of_memory.h"
#include "tensors/out_of_memory.h"

namespace nodes {

bool is_out_of_memory(const std::exception& error) {
  return imaging::is_out_of_memory(error) || tensors::is_out_of_memory(error);
}

}  // namespace nodes
