// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/registry.h"
#include "graph/spec.h"

namespace graph {

/// A value that may name params: pieces are texts or indices into Graph::params. One piece that is an index is that
/// param's whole value; no index at all is a constant. Pieces of several are joined as text.
struct Expr {
  std::vector<std::variant<std::string, int>> pieces;
  Scalar constant;  ///< when is_constant()
  bool constant_set = true;
  Kind kind = Kind::kString;  ///< what the value must be
  Mark mark;
  std::string folder;  ///< what a relative path counts from

  bool is_constant() const { return constant_set; }
};

/// A param of the graph, or of a bin in it (then `id` is "bin.param" and `bound` says what the bin was given).
struct Param {
  std::string id;
  Kind kind;
  Range range;
  std::string about;
  std::optional<Expr> value;  ///< the default, or what a bin was given; none: the run must give it
  bool bound = false;         ///< of a bin: a run cannot set it
  Mark mark;
  std::string alias{};    ///< another name that a run may set it by
  std::string section{};  ///< under which help and records list it
  bool list = false;      ///< several values given at once are one text, joined by ", "
  bool fixed = false;     ///< its default is the only value
};

/// An output port of a node.
struct PortRef {
  int node = -1;  ///< index into Graph::nodes; -1: not linked
  int port = 0;
  explicit operator bool() const { return node >= 0; }
  bool operator==(const PortRef&) const = default;
};

struct When {
  Expr from, to, every;    ///< float, float, int; every <= 0: never
  Expr nth;                ///< int: of the turns that these leave, the nth, the 2nth, …; <= 0: never
  Expr only_if, unless;    ///< bool: never when the one is false or the other true
  bool has_window = true;  ///< false: it says nothing of turns

  std::array<const Expr*, 6> parts() const { return {&from, &to, &every, &nth, &only_if, &unless}; }
};

/// A node after checking. Three sorts: an ordinary one (`type` set), a loop, and the `state` of a loop's body, whose
/// output k is the loop's state k.
struct GraphNode {
  enum class Sort { kNode, kLoop, kState };
  Sort sort = Sort::kNode;
  std::string id;    ///< "denoise.step": unique, with the names of bins and loops in front
  std::string name;  ///< its last part
  const NodeType* type = nullptr;
  int region = 0;            ///< where it lives: index into Graph::regions
  int body = -1;             ///< a loop's own region
  std::vector<Expr> props;   ///< by index of the contract's properties; of a loop: [steps] or none
  std::vector<PortRef> ins;  ///< by index of the contract's inputs; of a loop: its states' initial values, then `over`
  std::vector<std::string> outs;  ///< names of the output ports
  std::vector<const ValueType*> out_types;
  std::optional<When> when;
  std::vector<int> per;  ///< params, of a node that gathers
  bool gathers = false;
  Mark mark;
};

/// The root (index 0) or the body of a loop.
struct Region {
  int loop = -1;           ///< the node that is this loop; -1: the root
  int parent = -1;         ///< the region that the loop lives in
  std::vector<int> nodes;  ///< in topological order, the loop's state node first
  int state = -1;          ///< the state node
  bool has_over = false;
  /// By state: what the next turn starts with, a port of a node of the body or of the state itself.
  std::vector<PortRef> next;
  /// By output port of the loop: the body's port whose last value it is.
  std::vector<PortRef> out;
};

/// A bin: for drawing.
struct Bin {
  std::string id;
  std::string file;
};

/// A checked graph: everything resolved, nothing left to go wrong but the params of a run. Immutable; holds pointers
/// into the Registry that it was checked against, which must outlive it.
struct Graph {
  std::string name;
  std::string about;
  std::vector<Param> params;  ///< those of the graph itself first, in the order written
  std::vector<GraphNode> nodes;
  std::vector<Region> regions;
  std::vector<Bin> bins;
  std::vector<std::pair<std::string, std::string>> files;  ///< path and text of every file it was read from

  /// Index by id, or -1.
  int find_node(const std::string& id) const;
  /// Index of a param of the graph itself by name or alias, or -1. '-' and '_' are the same.
  int find_param(const std::string& name) const;
  /// Index of the param that a pattern's field means at a node: of the innermost bin around it that has one of that
  /// name, else of the graph itself; -1 when there is none.
  int find_field(const GraphNode& node, const std::string& field) const;
};

/// One --set node.property=value.
struct Override {
  std::string node;
  std::string property;
  std::string text;
};

/// Resolves and checks a spec. Throws Faults with everything that is wrong at once.
Graph check(const GraphSpec& spec, const Registry& registry, const std::vector<Override>& overrides = {});

}  // namespace graph
