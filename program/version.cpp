// SPDX-License-Identifier: MIT
#include "program/version.h"

#include <tbb/version.h>

#include "program/modules.h"

namespace program {

std::string version() {
  return DECOUPAGE_VERSION;
}

std::string versions_text() {
  return "decoupage " + version() + "\noneTBB " + TBB_runtime_version() + "\nyaml-cpp " + YAML_CPP_VERSION +
         "\nOpenCV " + Modules().pictures().opencv_version() + "\n";
}

}  // namespace program
