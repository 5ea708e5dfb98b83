// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

/// The two things of an EXIF block (CIPA DC-008: a TIFF without a picture) that matter here, read and written by hand:
/// libexif knows a thousand tags of cameras and reads JPEG alone, exiv2 is under the GPL, and blocks are anybody's.
namespace imaging {

struct Exif {
  int orientation = 1;    ///< tag 0x0112, 1 to 8: what has to be done to stand upright; 1 is nothing
  std::string comment{};  ///< tag 0x9286, UserComment, as UTF-8: where web UIs keep what made a picture
};

/// Reads a block, from its byte order mark on. Every place in it is checked against its end and nothing leads back, so
/// that a damaged or hostile one is read as far as it goes; never throws.
Exif parse_exif(std::string_view block);

/// A block with a comment alone: big-endian, the text in UTF-16, as web UIs write it and their readers take it. What is
/// not UTF-8 is replaced.
std::string exif_with_comment(const std::string& comment);

}  // namespace imaging
