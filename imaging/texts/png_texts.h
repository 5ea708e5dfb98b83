// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/limits.h"

/// The texts in PNG files, read with zlib alone: who looks for a recipe needs no library of pictures.
namespace imaging {

/// A keyword (1 to 79 bytes) and a text, both UTF-8.
struct PngText {
  std::string keyword;
  std::string text;
  bool operator==(const PngText&) const = default;
};

/// What reading texts refuses beyond; each message names the limit.
struct PngTextLimits {
  static constexpr base::Limit kTextBytes{"png-text-bytes"}, kTotalBytes{"png-texts-bytes"}, kTexts{"png-texts"};

  std::size_t text_bytes = kTextBytes.most();    ///< one text, inflated
  std::size_t total_bytes = kTotalBytes.most();  ///< all texts together
  std::size_t texts = kTexts.most();
};

/// The texts of a PNG (tEXt, zTXt and iTXt chunks, in file order, as UTF-8). Pixels are skipped, not decoded. `name`
/// stands for the file in messages. Thread-safe. Throws std::runtime_error that names it and the byte: no PNG, cut off,
/// a wrong checksum, a text beyond the limits.
std::vector<PngText> read_png_texts(std::span<const std::byte> file, const std::string& name,
                                    const PngTextLimits& limits = {});
/// The same for a file on disk, of which only the texts are read.
std::vector<PngText> read_png_texts(const std::string& path, const PngTextLimits& limits = {});

}  // namespace imaging
