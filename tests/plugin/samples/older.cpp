// SPDX-License-Identifier: MIT
// A plugin of another version: its ABI differs, it needs functions that are gone, and its initialisers give it away
// when anything of it runs.
#include <cstdlib>

extern "C" const char decoupage_plugin_abi[] = "decoupage-abi-0 cxxabi-1002 cxx11-strings-0";

namespace graph {
class Registry;
void function_of_version_0();
}  // namespace graph

namespace {
const int kRan = setenv("DECOUPAGE_OLDER_PLUGIN_RAN", "yes", 1);
}

extern "C" void decoupage_register_plugin(graph::Registry&) {
  graph::function_of_version_0();
  std::exit(kRan);
}
