// SPDX-License-Identifier: MIT
#include "program/set_up.h"

#include <signal.h>

#include <opencv2/core/utility.hpp>

#include "tensors/large_tensors.h"
#include "tensors/mapped_file.h"

namespace program {

void set_up_process(int exit_code) {
  signal(SIGXFSZ, SIG_IGN);
  // A node call is one thread's: OpenCV's own would wait inside a call and take up another node's meanwhile.
  cv::setNumThreads(1);
  tensors::keep_memory_of_large_tensors();
  tensors::end_when_pages_are_lost(exit_code);
}

}  // namespace program
