// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Texts in UTF-8. All functions are thread-safe.
namespace base {

/// Length in bytes of the UTF-8 character at the start of a text that is not empty; 0 when there is none: a stray or
/// missing continuation byte, an overlong form, a surrogate, or a value above U+10FFFF.
std::size_t utf8_length(std::string_view text);

/// Small letters and digits of any script, with their accents, and one '_' for what is between them; "" when there are
/// none: "a_cat" for "A Cat!", "猫_2" for "猫 (2)". Letters are composed (Unicode's form C). At most `most` of them; what
/// is not UTF-8 is between them.
std::string words_of(std::string_view text, std::size_t most = std::string::npos);

/// The longest start of a text that has at most so many bytes and ends between two characters.
std::string_view start_of(std::string_view text, std::size_t bytes);

/// What two texts have in common that differ in capital and small letters, or in how accents are written (Unicode's
/// full case folding, form C). Bytes that are not UTF-8 stay as they are.
std::string folded(std::string_view text);

}  // namespace base
