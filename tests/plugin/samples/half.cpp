// SPDX-License-Identifier: MIT
// The right ABI, but no entry point.
#include "graph/plugin.h"

extern "C" const char decoupage_plugin_abi[] = DECOUPAGE_ABI;
