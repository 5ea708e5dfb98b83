// SPDX-License-Identifier: MIT
#include "observers/json.h"

#include "base/limits.h"

namespace observers {
namespace {

constexpr base::Limit kDepth{"json-depth"};

}  // namespace

Json parse_json(const std::string& text) {
  return Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
    if (depth > static_cast<int>(kDepth.most()))
      throw std::invalid_argument("it is nested deeper than " + kDepth.text());
    return true;
  });
}

}  // namespace observers
