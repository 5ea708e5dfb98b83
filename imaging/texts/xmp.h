// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imaging/texts/png_texts.h"

/// Texts in an XMP packet (ISO 16684-1), each a property of a namespace of this program's own. XMP is XML of any form;
/// read here are such properties, as elements or attributes, as this program and tools that copy packets write them.
namespace imaging {

/// A packet with `texts`, whose keywords are XML names. Throws std::invalid_argument for others, and for a text with
/// characters that XML cannot hold (control characters but tab and line ends, what is not UTF-8).
std::string xmp_with_texts(const std::vector<PngText>& texts);

/// The texts in a packet, in its order. Never throws.
std::vector<PngText> parse_xmp(std::string_view packet);

}  // namespace imaging
