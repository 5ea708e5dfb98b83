// SPDX-License-Identifier: MIT
// The recipe that a picture carries. What can be read goes the way of `rerun`: its graph is loaded.
#include "program/recipe.h"

#include <stdexcept>

#include "graph/load.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const program::Recipe recipe = program::parse_recipe(std::string(fuzz::text_of(data, size)), "picture.png");
    fuzz::require(!recipe.files.empty(), "a recipe has a graph");
    graph::load_files(recipe.files);
  } catch (const std::runtime_error&) {  // Faults are some, too
  }
  return 0;
}
