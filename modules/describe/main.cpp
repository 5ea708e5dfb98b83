// SPDX-License-Identifier: MIT
// describe_module MODULE: writes what a module says of its node types beside it, as MODULE with .types for .so. The
// build runs it on each module that it has linked.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "graph/library.h"

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: describe_module MODULE\n", 2;
  try {
    using TypeText = void(std::string&);
    const auto type_text = reinterpret_cast<TypeText*>(graph::load_function(argv[1], "decoupage_type_text"));
    if (type_text == nullptr) throw std::runtime_error("it has no decoupage_type_text");
    std::string text;
    type_text(text);
    std::ofstream file(std::filesystem::path(argv[1]).replace_extension(".types"), std::ios::binary);
    if (!(file << text).flush()) throw std::runtime_error("its description cannot be written");
  } catch (const std::exception& e) {
    return std::cerr << "describe_module: " << argv[1] << ": " << e.what() << "\n", 1;
  }
  return 0;
}
