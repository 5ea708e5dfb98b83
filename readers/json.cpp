// SPDX-License-Identifier: MIT
#include "readers/json.h"

namespace readers {
namespace {

constexpr int kDeepest = 64;

}  // namespace

Json parse_json(const std::string& text) {
  return Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepest)
      throw std::invalid_argument("it is nested deeper than " + std::to_string(kDeepest) + " levels");
    return true;
  });
}

}  // namespace readers
