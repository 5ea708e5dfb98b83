// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace base {

/// The SHA-1 digest of bytes (FIPS 180-4, section 6.1), as 40 lower-case hex digits. For names, not for secrets.
std::string sha1_hex(std::string_view bytes);

}  // namespace base
