// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/formula.h"
#include "graph/registry.h"
#include "graph/spec.h"

namespace graph {

/// Arithmetic over params, as a piece of a value.
struct FormulaPiece {
  std::string text;  ///< between the parentheses of $(…)
  std::shared_ptr<const Formula> formula;
  std::vector<int> params;  ///< by name of the formula: index into Graph::params
  bool operator==(const FormulaPiece&) const = default;
};

/// A default that goes by another param's value.
struct ChoicePiece {
  int param = -1;                                      ///< index into Graph::params
  std::vector<std::pair<std::string, Scalar>> values;  ///< by that param's value, as text
  bool operator==(const ChoicePiece&) const = default;
};

struct DataLeaf;

/// A value that may name params: pieces are texts, indices into Graph::params, or formulas. One piece that is an index,
/// a formula or a choice is that whole value; pieces that are all texts are a constant. Pieces of several are joined as
/// text. Data that names params is a tree (the constant) some of whose leaves are such values.
///
/// `fed`: a link gives the value while the run goes on, by this param of a bin or, of a property, on its own; then the
/// constant stands in its place until then.
struct Expr {
  std::vector<std::variant<std::string, int, FormulaPiece, ChoicePiece>> pieces;
  Scalar constant;  ///< when is_constant()
  bool constant_set = true;
  Kind kind = Kind::kString;  ///< what the value must be
  Mark mark;
  std::string folder;                    ///< what a relative path counts from
  int fed = -1;                          ///< index into Graph::params; -1: none
  std::shared_ptr<const Shape> shape{};  ///< of data that a node gets
  std::vector<DataLeaf> leaves;          ///< of data that names params

  bool is_constant() const { return constant_set; }
  /// The params that its pieces name.
  std::vector<int> params() const;
};

/// A leaf of data that names params.
struct DataLeaf {
  std::vector<std::size_t> place;  ///< from the root: which element, or which field
  Expr value;
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
  std::string alias{};              ///< another name that a run may set it by
  std::string section{};            ///< under which help and records list it
  bool list = false;                ///< several values given at once are one text, joined by ", "
  bool fixed = false;               ///< its default is the only value
  bool fed = false;                 ///< of a bin: a link gives it
  std::vector<std::string> keys{};  ///< its places in params files: "generation.stage2.steps"
  std::string flag{};               ///< a short one, without its dash
  bool nullable = false;            ///< it may be null, which is Data(): then a property that is it is not given
};

/// What a run says of a param, read by its kind: "null" is null where the param may be that. Throws as parse_scalar.
Scalar parse_value(const Param& param, const std::string& text);

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
  /// Where `if` and `unless` are links: indices into GraphNode::ins; -1: they are not.
  int if_link = -1, unless_link = -1;

  std::array<const Expr*, 6> parts() const { return {&from, &to, &every, &nth, &only_if, &unless}; }
};

/// A node after checking. Four sorts: an ordinary one (`type` set), a loop, an each, and the head of a body, which
/// sends what a turn or an element begins with: the loop's states, then an element of each list that is walked, then
/// `index` and `count`.
struct GraphNode {
  enum class Sort { kNode, kLoop, kEach, kHead };
  /// An input of several links: those at `first` … in `ins`.
  struct Several {
    int port, first, count;
  };
  /// A property that a link feeds.
  struct Fed {
    int prop, in;
    int param = -1;  ///< of the bin through which it comes; -1: it comes straight
  };
  Sort sort = Sort::kNode;
  std::string id;    ///< "denoise.step": unique, with the names of bins and loops in front
  std::string name;  ///< its last part
  const NodeType* type = nullptr;
  int region = 0;           ///< where it lives: index into Graph::regions
  int body = -1;            ///< a loop's or an each's own region
  std::vector<Expr> props;  ///< by index of the contract's properties; of a loop: [steps] or none, and see Region; of
                            ///< an each: see Region
  /// By index of the contract's inputs; of a loop or an each: its states' initial values, then what it runs over.
  /// Behind
  /// these: the other links of `several`, those of `fed`, and those of `when`.
  std::vector<PortRef> ins;
  std::vector<Several> several;
  std::vector<Fed> fed;
  std::vector<std::string> outs;  ///< names of the output ports
  std::vector<const ValueType*> out_types;
  std::optional<When> when;
  std::vector<int> per;  ///< params, of a node that gathers
  bool gathers = false;
  bool curated = false;  ///< a file of it that was deleted is not made again
  Mark mark;
};

/// The root (index 0) or the body of a loop or an each.
struct Region {
  int owner = -1;          ///< the loop or each whose body it is; -1: the root
  int parent = -1;         ///< the region that the owner lives in
  std::vector<int> nodes;  ///< in topological order, the loop's state node first
  int head = -1;           ///< the head's node; -1: the root
  std::string alias;       ///< the head's name in links and file names: "each", "turn", or what `as` says
  bool has_over = false;   ///< a loop over one value, whose elements nobody sees
  /// What is walked element by element: names, and as they were written.
  std::vector<std::pair<std::string, std::string>> lists;
  int times = -1, at_once = -1;  ///< of an each: indices into GraphNode::props; -1: not given
  int checkpoint = -1;           ///< of a loop: likewise, after every so many turns it is kept; 0: never
  /// By state: what the next turn starts with, a port of a node of the body or of the state itself.
  std::vector<PortRef> next;
  /// By output port of the owner: the body's port whose last value it is (of a loop), or the elements' values.
  std::vector<PortRef> out;
  /// By output port behind these: the body's port whose values of all turns it is.
  std::vector<PortRef> collect;

  /// The body's port behind an output port of the owner.
  const PortRef& source(int port) const {
    const auto outs = static_cast<int>(out.size());
    return port < outs ? out[port] : collect[port - outs];
  }
  /// Of a loop: whether it is told how many turns, by the first of GraphNode::props.
  bool has_steps() const { return !has_over && lists.empty() && times < 0; }
  /// Output ports of the head.
  int list_port(int list) const { return static_cast<int>(next.size()) + list; }
  int index_port() const { return list_port(static_cast<int>(lists.size())); }
  int count_port() const { return index_port() + 1; }
};

/// What makes the items of a run that names no table itself: a table, or files that are a row each.
struct ItemsSource {
  /// A column: which param, by index, and what gives its value: a key of the row, `file.stem`, `file.name`,
  /// `file.path`.
  struct Column {
    int param;
    std::string from;
    Mark mark;
  };
  Mark mark;
  std::string folder;           ///< of the graph file
  Expr files;                   ///< a text: a file, or a pattern with wildcards
  bool below_output = false;    ///< `files` and `skip` count from the run's output folder, else from the graph's
  std::vector<Column> columns;  ///< none: every key is a param
  std::optional<Expr> skip;     ///< a pattern; a row is left out where a file of that name is there
  std::optional<Expr> only_if;  ///< a bool; where it is false, the run has no table
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
  std::optional<ItemsSource> items;
  std::vector<GraphNode> nodes;
  std::vector<Region> regions;
  std::vector<Bin> bins;
  std::vector<std::pair<std::string, std::string>> files;  ///< path and text of every file it was read from
  bool shared_output = false;                              ///< runs of it lie beside each other in one folder

  /// A value as people write it: "$seed", "$(seed + 1)", "tile_$n".
  std::string text_of(const Expr& expr) const;
  /// "texts[3].encode": a node's id with the place in the eaches around it, outermost first (as much of it as counts).
  std::string place_of(int node, const std::vector<int>& element) const;
  /// The loops and eaches around a node, the outermost first.
  std::vector<int> owners_of(int node) const;
  /// Index by id, or -1.
  int find_node(const std::string& id) const;
  /// Index of a param of the graph itself by name or alias, or -1. '-' and '_' are the same, and camelCase is
  /// snake_case where there is no such name.
  int find_param(const std::string& name) const;
  /// Index of the param that a pattern's field means at a node: of the innermost bin around it that has one of that
  /// name, else of the graph itself; -1 when there is none.
  int find_field(const GraphNode& node, const std::string& field) const;
};

/// Whether the node is a loop with checkpoints, or has one in it at any depth.
bool has_checkpoint(const Graph& graph, int node);

/// The innermost loop around what lives in a region, by node; -1: none. An each has no turns of its own.
int loop_around(const Graph& graph, int region);
/// The place among the eaches around what lives in a region (0: the outermost) whose index a field of a file name
/// means: {each} is the innermost, {NAME.each} the one that says as: NAME; -1: none.
int each_of_field(const Graph& graph, int region, const std::string& field);
/// Why that was -1.
std::string no_each_text(const Graph& graph, int region, const std::string& field);

/// One --set node.property=value.
struct Override {
  std::string node;
  std::string property;
  std::string text;
};

/// Resolves and checks a spec. Throws Faults with everything that is wrong at once.
Graph check(const GraphSpec& spec, const Registry& registry, const std::vector<Override>& overrides = {});

}  // namespace graph
