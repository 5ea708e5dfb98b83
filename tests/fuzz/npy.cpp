// SPDX-License-Identifier: MIT
// An array in numpy's format, as it stands in an .npz. What can be read is written and read again.
#include "tensors/npz.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File file;
  try {
    const tensors::NpyArray array = tensors::parse_npy(std::as_bytes(std::span(data, size)), "array");
    tensors::Npz npz;
    if (array.array.defined()) npz.arrays.emplace("array", array.array);
    else npz.texts.emplace("array", array.texts);
    const std::vector<std::byte> bytes = tensors::npz_bytes(npz);
    const tensors::Npz again =
        tensors::read_npz(file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    fuzz::require(again.texts.size() == npz.texts.size(), "texts come back");  // bytes need not be UTF-8
    fuzz::require(again.arrays.size() == npz.arrays.size(), "an array comes back");
  } catch (const tensors::FileError&) {
  }
  return 0;
}
