// SPDX-License-Identifier: MIT
// Arithmetic of graph files: what can be read has a kind, and its values are of that kind, or there is a reason.
#include "graph/formula.h"

#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  // By the name's first letter: whole numbers, texts, truths, and numbers.
  const auto value_of = [](const std::string& name) -> graph::Scalar {
    const auto letter = static_cast<unsigned char>(name[0]);
    if (letter % 4 == 0) return std::int64_t{letter} - 100;
    if (letter % 4 == 1) return name;
    if (letter % 4 == 2) return letter > 'i';
    return letter / 7.0;
  };
  try {
    const graph::Formula formula(text);
    const graph::Kind kind =
        formula.kind([&](std::size_t name) { return graph::kind_of(value_of(formula.names()[name])); });
    const graph::Scalar value = formula.value([&](std::size_t name) { return value_of(formula.names()[name]); });
    fuzz::require(graph::kind_of(value) == kind, "a value is of the kind that was said");
  } catch (const graph::FormulaError& error) {
    fuzz::require(error.at <= text.size(), "a fault lies in the formula");
  }
  graph::formula_end("$(" + text, 0);
  return 0;
}
