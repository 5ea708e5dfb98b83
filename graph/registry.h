// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "graph/keeping.h"
#include "graph/node.h"

namespace graph {

/// A node type: its contract and how to make one.
struct NodeType {
  Contract contract;
  std::function<std::unique_ptr<Node>(const Props&)> make;
  std::string origin;  ///< "built in", or the plugin's file
};

/// The node types that a program knows. Filled at start, then only read; reading is thread-safe.
class Registry {
 public:
  /// T has `static Contract contract()` and a constructor from `const Props&` and `shared`, what all nodes of the type
  /// have in common (a cache, a device), or from none of these. Throws std::logic_error for a faulty contract or a type
  /// that is there already.
  template <class T, class... Shared>
  void add(const Shared&... shared) {
    static_assert(!std::is_same_v<decltype(&T::process), decltype(&Node::process)> ||
                      !std::is_same_v<decltype(&T::process_batch), decltype(&Node::process_batch)>,
                  "a node overrides process() or process_batch()");
    Contract contract = T::contract();
    contract.binds_ = !std::is_same_v<decltype(&T::bind), decltype(&Node::bind)>;
    add_type({std::move(contract),
              [shared...](const Props& props) -> std::unique_ptr<Node> {
                if constexpr (std::is_constructible_v<T, const Props&, const Shared&...>)
                  return std::make_unique<T>(props, shared...);
                else return std::make_unique<T>();
              },
              origin_});
  }
  void add_type(NodeType type);

  /// Says how values of a type are kept. Lists are kept by their elements. Throws std::logic_error for a type of which
  /// that was said already.
  template <class T>
  void keep(KeptParts (*put)(const T&), T (*take)(const KeptParts&)) {
    keep(value_type<T>(), {[put](const Value& value) { return put(value.as<T>()); },
                           [take](const KeptParts& parts) { return Value::of<T>(take(parts)); }});
  }
  void keep(const ValueType& type, Keeper keeper);
  /// Of a type that is no list; null where nobody said it. By the name of the type, since that is what files have.
  const Keeper* keeper(const std::string& type) const;
  /// Whether values of a type, or what a list of it holds in the end, are kept.
  bool keeps(const ValueType& type) const;
  /// The types that are kept, by name.
  std::vector<const ValueType*> kept_types() const;

  /// Makes a node of a type that was described.
  using Maker = std::function<std::unique_ptr<Node>(const std::string& type, const Props&)>;
  /// Who keeps values of a type that was described.
  using KeeperOf = std::function<const Keeper&(const std::string& type)>;
  /// Adds the types that a text of type_text() describes: all that can be said of them is known before the code that
  /// makes their nodes is loaded. Throws std::runtime_error for a text that is damaged, and as add().
  void add_described(const std::string& text, const Maker& make, const KeeperOf& keeper_of = nullptr);

  /// Null when there is none.
  const NodeType* find(const std::string& type) const;
  /// All, by name.
  std::vector<const NodeType*> types() const;
  std::vector<std::string> type_names() const;

  /// Loads a plugin: a shared library that was built with DECOUPAGE_PLUGIN (graph/plugin.h). It stays loaded.
  /// Throws std::runtime_error that names the file and the reason: not there, no plugin, or built for another ABI.
  void load_plugin(const std::string& file);

 private:
  struct Kept {
    const ValueType* type;
    Keeper keeper;
  };
  std::map<std::string, std::unique_ptr<NodeType>> types_;
  std::map<std::string, Kept> kept_;  ///< by the type's name
  std::string origin_ = "built in";
};

}  // namespace graph
