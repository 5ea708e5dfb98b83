// SPDX-License-Identifier: MIT
#include "base/sha1.h"

#include <array>
#include <bit>
#include <cstdint>

namespace base {
namespace {

using State = std::array<std::uint32_t, 5>;

/// One block of 64 bytes. Names of FIPS 180-4.
void digest_block(State& h, const unsigned char* block) {
  std::array<std::uint32_t, 80> w{};
  for (int t = 0; t < 16; ++t) {
    for (int byte = 0; byte < 4; ++byte) w[t] = w[t] << 8 | block[4 * t + byte];
  }
  for (int t = 16; t < 80; ++t) w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  auto [a, b, c, d, e] = h;
  for (int t = 0; t < 80; ++t) {
    std::uint32_t f = b ^ c ^ d, k = t < 40 ? 0x6ed9eba1u : 0xca62c1d6u;
    if (t < 20) f = (b & c) | (~b & d), k = 0x5a827999u;
    else if (t >= 40 && t < 60) f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdcu;
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
}

}  // namespace

std::string sha1_hex(std::string_view bytes) {
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  const std::uint64_t bits = std::uint64_t{8} * bytes.size();
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift & 0xff);
  State h{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
  for (std::size_t at = 0; at < padded.size(); at += 64) {
    digest_block(h, reinterpret_cast<const unsigned char*>(padded.data() + at));
  }
  std::string hex;
  for (const std::uint32_t word : h) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 0xf];
  }
  return hex;
}

}  // namespace base
