// SPDX-License-Identifier: MIT
#pragma once

namespace base {

/// Number of cores that this process may use (affinity and cgroup quota counted), at most what limit_threads() says.
int usable_cores();

/// No pool of threads may have more than so many: set by the command before anything computes, where the machine lets
/// it start few. Holds for the process.
void limit_threads(int most);
/// What limit_threads() said; no limit without it.
int most_threads();

/// How many threads can be started beside those that there are, `wanted` at most: tried out, and all have ended when
/// it returns. A limit of the user's processes (ulimit -u), of a container (pids.max) or of memory may stand against
/// more.
int startable_threads(int wanted);

}  // namespace base
