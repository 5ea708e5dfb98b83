// SPDX-License-Identifier: MIT
// An .npz file: a zip of arrays.
#include "tensors/npz.h"

#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File file;
  try {
    tensors::read_npz(file.write(fuzz::text_of(data, size)), {.total_bytes = 64 << 20, .members = 100});
  } catch (const tensors::FileError&) {
  }
  return 0;
}
