// SPDX-License-Identifier: MIT
#include "graph/log.h"

#include <spdlog/spdlog.h>

namespace graph {

void log_warning(const std::string& text) {
  spdlog::warn("{}", text);
}

}  // namespace graph
