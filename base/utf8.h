// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

/// Length in bytes of the UTF-8 character at the start of a text that is not empty; 0 when there is none: a stray or
/// missing continuation byte, an overlong form, a surrogate, or a value above U+10FFFF.
std::size_t utf8_length(std::string_view text);

}  // namespace base
