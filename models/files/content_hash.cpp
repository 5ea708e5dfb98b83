// SPDX-License-Identifier: MIT
#include "models/files/content_hash.h"

#include <xxhash.h>

#include <cstdio>
#include <new>

namespace models {
namespace {

constexpr std::string_view kWay = "xxh3-";

}  // namespace

ContentHash::ContentHash() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_64bits_reset(state_.get());
}

void ContentHash::Free::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

void ContentHash::add(std::string_view bytes) {
  XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
}

std::string ContentHash::text() const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(XXH3_64bits_digest(state_.get())));
  return std::string(kWay) + digits;
}

std::optional<bool> same_contents(const std::string& a, const std::string& b) {
  if (a.starts_with(kWay) != b.starts_with(kWay)) return std::nullopt;
  return a == b;
}

}  // namespace models
