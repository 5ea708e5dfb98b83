// SPDX-License-Identifier: MIT
// The ABI in a plugin's file, which is read before the file is loaded.
#include <stdexcept>

#include "graph/loading/plugin_file.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File file;
  try {
    graph::read_plugin_abi(file.write(fuzz::text_of(data, size)));
  } catch (const std::runtime_error&) {
  }
  return 0;
}
