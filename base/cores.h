// SPDX-License-Identifier: MIT
#pragma once

namespace base {

/// Number of cores that this process may use (affinity and cgroup quota counted).
int usable_cores();

}  // namespace base
