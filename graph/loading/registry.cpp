// SPDX-License-Identifier: MIT
#include "graph/registry.h"

#include <filesystem>
#include <stdexcept>

#include "graph/library.h"
#include "graph/loading/plugin_file.h"
#include "graph/plugin.h"

namespace graph {
namespace {

[[noreturn]] void refuse_plugin(const std::string& file, const std::string& why) {
  throw std::runtime_error("plugin '" + file + "': " + why);
}

}  // namespace

void Registry::add_type(NodeType type) {
  type.contract.verify();
  const std::string name = type.contract.type();
  if (const NodeType* other = find(name)) {
    throw std::logic_error("node type '" + name + "' of " + type.origin + " is there already (" + other->origin + ")");
  }
  types_.emplace(name, std::make_unique<NodeType>(std::move(type)));
}

void Registry::keep(const ValueType& type, Keeper keeper) {
  if (type.element != nullptr) throw std::logic_error("lists are kept by their elements");
  if (!kept_.try_emplace(type.name, Kept{&type, std::move(keeper)}).second)
    throw std::logic_error(std::string("how a ") + type.name + " is kept was said already");
}

const Keeper* Registry::keeper(const std::string& type) const {
  const auto found = kept_.find(type);
  return found == kept_.end() ? nullptr : &found->second.keeper;
}

bool Registry::keeps(const ValueType& type) const {
  const ValueType* inner = &type;
  while (inner->element != nullptr) inner = inner->element;
  const auto found = kept_.find(inner->name);
  return found != kept_.end() && *found->second.type == *inner;
}

std::vector<const ValueType*> Registry::kept_types() const {
  std::vector<const ValueType*> all;
  for (const auto& [name, kept] : kept_) all.push_back(kept.type);
  return all;
}

const NodeType* Registry::find(const std::string& type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : found->second.get();
}

std::vector<const NodeType*> Registry::types() const {
  std::vector<const NodeType*> all;
  for (const auto& [name, type] : types_) all.push_back(type.get());
  return all;
}

std::vector<std::string> Registry::type_names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : types_) names.push_back(name);
  return names;
}

void Registry::load_plugin(const std::string& file) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(file, error);
  if (!std::filesystem::exists(path, error)) refuse_plugin(file, "no such file");
  std::string abi;
  try {
    abi = read_plugin_abi(path.string());
  } catch (const std::exception& e) {
    refuse_plugin(file, e.what());
  }
  if (abi != DECOUPAGE_ABI) {
    refuse_plugin(file, "built for '" + abi + "', this program needs '" + DECOUPAGE_ABI +
                            "': build it again against this version");
  }
  const auto entry_point = [&] {
    try {
      return reinterpret_cast<void (*)(Registry&)>(load_function(path.string(), "decoupage_register_plugin"));
    } catch (const std::exception& e) {
      refuse_plugin(file, e.what());
    }
  };
  const auto add = entry_point();
  if (!add) refuse_plugin(file, "it has no entry point (build it with DECOUPAGE_PLUGIN from graph/plugin.h)");
  origin_ = path.string();
  try {
    add(*this);
  } catch (const std::exception& e) {
    origin_ = "built in";
    refuse_plugin(file, e.what());
  }
  origin_ = "built in";
}

}  // namespace graph
