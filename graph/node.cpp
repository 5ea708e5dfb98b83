// SPDX-License-Identifier: MIT
#include "graph/node.h"

#include <stdexcept>

namespace graph {
namespace {

/// Ports are few and their names are the contract's own constants: a scan with an early test beats a map.
template <class Specs>
int known_index_of(const Contract& contract, const Specs& specs, const char* name, const char* what) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return static_cast<int>(i);
  }
  throw std::logic_error("node type '" + contract.type() + "' declares no " + what + " '" + name + "'");
}

}  // namespace

int Context::in_index(const char* name) const {
  return known_index_of(contract(), contract().ins(), name, "input");
}
int Context::out_index(const char* name) const {
  return known_index_of(contract(), contract().outs(), name, "output");
}

}  // namespace graph
