// SPDX-License-Identifier: MIT
#include "program/recorded_values.h"

#include <stdexcept>

#include "program/draws.h"

namespace program {
namespace {

graph::ScalarList endless_of(const std::vector<graph::Scalar>& values) {
  std::int64_t step = 0;
  const auto number = [&](std::size_t i) { return std::get_if<std::int64_t>(&values[i]); };
  const bool counts = values.size() == 2 && number(0) != nullptr && number(1) != nullptr &&
                      !__builtin_sub_overflow(*number(1), *number(0), &step) && step > 0;
  if (!counts) throw std::invalid_argument("a range without end is told by its first two ints");
  return graph::ScalarList::endless(*number(0), step);
}

}  // namespace

graph::Assignment recorded_assignment(const graph::Param& param, const std::vector<std::string>& texts,
                                      const std::string& along, std::optional<std::uint64_t> run_seed,
                                      const std::string& place) {
  graph::Assignment assignment{param.id, {}, {place}};
  if (along == "drawn") {
    if (!run_seed) throw std::invalid_argument("it is drawn, and there is no run seed");
    if (param.kind != graph::Kind::kInt) throw std::invalid_argument("it is drawn, and is not an int");
    assignment.values = drawn_values(param, *run_seed);
    return assignment;
  }
  std::vector<graph::Scalar> values;
  for (const std::string& text : texts) values.push_back(graph::parse_value(param, text));
  assignment.values = along == "endless" ? endless_of(values) : graph::ScalarList(values);
  if (along == "table") assignment.along = graph::Along::kTable;
  else if (along == "zip") assignment.along = graph::Along::kZip;
  else if (!along.empty() && along != "endless") throw std::invalid_argument("it steps along '" + along + "'");
  return assignment;
}

}  // namespace program
