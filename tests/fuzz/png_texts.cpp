// SPDX-License-Identifier: MIT
// The texts of a PNG. Checksums are put right first: no mutation would ever get past them.
#include <zlib.h>

#include <stdexcept>

#include "imaging/files/png.h"
#include "tests/fuzz/input.h"

namespace {

std::uint32_t big_endian(const char* bytes) {
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

void put_checksums_right(std::string& png) {
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t length = big_endian(&png[at]);
    if (length > png.size() - at - 12) return;
    const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(&png[at + 4]), static_cast<uInt>(length + 4));
    for (int i = 0; i < 4; ++i) png[at + 8 + length + i] = static_cast<char>(sum >> (24 - 8 * i));
    at += length + 12;
  }
}

void read(std::string_view png) {
  try {
    imaging::read_png_texts(std::as_bytes(std::span(png)), "picture",
                            {.text_bytes = 1 << 20, .total_bytes = 4 << 20, .texts = 100});
  } catch (const std::runtime_error&) {
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string png(fuzz::text_of(data, size));
  read(png);
  put_checksums_right(png);
  read(png);
  return 0;
}
