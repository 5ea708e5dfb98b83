// SPDX-License-Identifier: MIT
// The texts of a JPEG or WebP, and how it stands.
#include "imaging/texts/picture_texts.h"

#include <stdexcept>

#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file(fuzz::text_of(data, size));
  const auto bytes = std::as_bytes(std::span(file));
  imaging::exif_orientation(bytes);
  try {
    imaging::read_picture_texts(bytes, "picture", {.text_bytes = 1 << 20, .total_bytes = 4 << 20, .texts = 100});
  } catch (const std::runtime_error&) {
  }
  return 0;
}
