// SPDX-License-Identifier: MIT
// An .npz file: a zip of arrays.
#include "tensors/npz.h"

#include "base/limits.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  base::set_limit("npz-bytes", "64M");
  base::set_limit("npz-arrays", "100");
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File file;
  try {
    tensors::read_npz(file.write(fuzz::text_of(data, size)));
  } catch (const tensors::FileError&) {
  }
  return 0;
}
