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

std::string Context::choose(const std::string& name, const std::function<std::string()>& draw) {
  std::vector<std::string> picked = choose_several(name, [&] { return std::vector{draw()}; });
  if (picked.size() == 1) return std::move(picked.front());
  throw std::runtime_error("one text is to be picked as '" + name + "', and the recipe has " +
                           std::to_string(picked.size()));
}

void Context::refuse_slot(const char* cpp_name) const {
  const std::string& declared = contract().slot_spec().cpp_name;
  throw std::logic_error(
      "node type '" + contract().type() + "' keeps a " + cpp_name + " in its slot, and its contract " +
      (declared.empty() ? "declares none" : "declares a " + declared) + ": Contract::slot<T>(), or cache<T>()");
}

int Context::in_index(const char* name) const {
  return known_index_of(contract(), contract().ins(), name, "input");
}
int Context::out_index(const char* name) const {
  return known_index_of(contract(), contract().outs(), name, "output");
}

}  // namespace graph
