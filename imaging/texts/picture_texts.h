// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "imaging/texts/png_texts.h"

/// Texts in picture files of any format that holds them. A PNG has chunks of texts; in JPEG and WebP the text of web
/// UIs is EXIF's comment, as they write it themselves, and the others are in an XMP packet. Thread-safe.
namespace imaging {

/// Under which web UIs keep what made a picture.
inline constexpr const char* kWebUiKeyword = "parameters";

/// The texts in a PNG, JPEG or WebP file. Pixels are skipped, not decoded. `name` stands for the file in messages.
/// Throws std::runtime_error that names it: none of the three, damaged or cut off in front of them, beyond the limits.
std::vector<PngText> read_picture_texts(std::span<const std::byte> file, const std::string& name,
                                        const PngTextLimits& limits = {});
/// The same for a file on disk, of which little more than the texts is read.
std::vector<PngText> read_picture_texts(const std::string& path, const PngTextLimits& limits = {});

/// What the file's EXIF says of how it stands, 1 to 8; 1, upright, where it says nothing. Of JPEG, PNG and WebP.
int exif_orientation(std::span<const std::byte> file);

/// Puts texts into a JPEG or WebP file, as an encoder made it. A JPEG's segments end at 64 KiB: a packet of more goes
/// into several, a comment cannot. Throws std::length_error for a comment that is too long, std::invalid_argument for
/// texts that XMP cannot hold.
std::vector<std::byte> add_texts(std::vector<std::byte> file, const std::vector<PngText>& texts);

}  // namespace imaging
