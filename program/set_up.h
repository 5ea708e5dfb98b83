// SPDX-License-Identifier: MIT
#pragma once

namespace program {

/// What a process that renders sets up once, before anything else and before it has other threads: a file beyond its
/// size limit is an error that is told (SIGXFSZ is ignored), OpenCV computes on the thread that calls it, memory of
/// large tensors is kept and used again, and a weight file that is made shorter while it is in use ends the process
/// with `exit_code` and a message that names the file (tensors/mapped_file.h).
void set_up_process(int exit_code);

}  // namespace program
