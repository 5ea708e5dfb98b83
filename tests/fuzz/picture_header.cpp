// SPDX-License-Identifier: MIT
// The headers of PNG, JPEG, WebP, BMP and TIFF files, which are read before a decoder sees the picture.
#include <stdexcept>

#include "imaging/files/picture.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const imaging::PictureHeader header = imaging::read_picture_header(std::as_bytes(std::span(data, size)), "picture");
    fuzz::require(header.width >= 0 && header.height >= 0, "no side is below zero");
  } catch (const std::runtime_error&) {
  }
  return 0;
}
