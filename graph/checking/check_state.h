// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/names.h"
#include "graph/graph.h"
#include "graph/loading/fault_list.h"
#include "graph/shape.h"

/// The steps of check(), in their order: declare, read_values, link, sort, check_types. Each works on what the ones
/// before it made and goes on past faults, so that all are reported at once.
namespace graph::checking {

struct Block;

/// Where a link leads by its words: to a port, or to a bin's port, from where another link leads on.
struct Target {
  enum class Sort { kNone, kPort, kBinIn, kBinOut };
  Sort sort = Sort::kNone;
  int index = -1;  ///< of the node, or of the sheet
  int port = 0;
};

/// One appearance of a graph file: the graph itself or a bin.
struct Sheet {
  const GraphSpec* spec = nullptr;
  const NodeSpec* bin = nullptr;  ///< the node that includes it; null: the graph itself
  int index = 0;
  std::string id;            ///< of the bin
  Block* outside = nullptr;  ///< where the bin stands
  Block* inside = nullptr;
  std::optional<When> when;                          ///< of the bin: of each of its nodes
  const WhenInput* when_input = nullptr;             ///< as it was written …
  Block* when_block = nullptr;                       ///< … and where
  std::unordered_map<std::string_view, int> params;  ///< index into Graph::params
  bool unknown_param = false;                        ///< a `$name` that names none was found
  std::vector<Target> ins, outs;                     ///< by spec->in and spec->out
  std::vector<bool> in_used;
};

/// The nodes that see each other: those of a sheet, or of a body.
struct Block {
  struct Entry {
    bool is_bin = false;
    int index = 0;  ///< of the node, or of the sheet
  };
  Sheet* sheet = nullptr;
  Block* outer = nullptr;  ///< of the same sheet: around the loop or each; null: top
  int region = 0;
  std::string prefix;  ///< of ids: "bin.loop."
  std::unordered_map<std::string_view, Entry> names;
};

/// What each step knows. Indices of `nodes` are those of Graph::nodes.
struct State {
  struct Site {
    const NodeSpec* spec = nullptr;  ///< of a head: its owner's
    Block* block = nullptr;          ///< where it stands
  };
  struct Given {
    const Override* value = nullptr;
    bool used = false;
  };

  /// A link that feeds a bin's param.
  struct Feed {
    const LinkInput* link = nullptr;
    Block* block = nullptr;  ///< where the bin stands
    std::string owner;       ///< for messages
  };

  State(const GraphSpec& graph_spec, const Registry& known, const std::vector<Override>& overrides);

  /// "node 'a.b' (resize): ", "loop 'a': " for messages.
  std::string owner(int node) const;
  static std::string owner(const Sheet& sheet);
  /// What --set says of a node's property, or null.
  Given* given(const std::string& id, const std::string& property);
  /// The type on links of that name, or null.
  const ValueType* value_type(const std::string& name);
  std::vector<std::string> value_type_names();

  const GraphSpec& spec;
  const Registry& registry;
  Graph graph;
  FaultList faults;
  std::deque<Sheet> sheets;
  std::deque<Block> blocks;
  std::vector<Site> sites;
  std::vector<Block*> bodies;    ///< by region; of the root: the graph's own
  std::vector<bool> param_used;  ///< by index into Graph::params
  std::vector<int> param_depth;  ///< by param: how many others in a row its default goes through
  std::unordered_map<std::string, std::vector<Given>> overrides;  ///< by node id
  std::unordered_map<int, Feed> feeds;                            ///< by index into Graph::params

 private:
  void collect_value_types();

  std::unordered_map<std::string, const ValueType*> value_types_;
};

/// Where a value stands: whose params it may name, and how faults name it.
struct ValueSite {
  State& state;
  Sheet& sheet;
  std::string owner;                  ///< "node 'a' (resize): width: "
  std::string folder;                 ///< what relative paths count from
  const Scalar* otherwise = nullptr;  ///< what stands there when a param is null; null: it may not be
  std::string name{};                 ///< of the param or property
};

/// Makes the nodes, regions, bins and params, and the names by which they are seen.
void declare(State& state);
/// Reads properties, `when`, `steps` and `per`; sets node types.
void read_values(State& state);
/// Reads items:; faults where a bin has them.
void read_items(State& state);
/// Resolves links.
void link(State& state);
/// Puts each region's nodes in topological order; cycles are faults.
void sort(State& state);
/// Checks the types on links, and sets those of the ports of loops, eaches and heads.
void check_types(State& state);

/// What stands in the place of a value that a link gives while the run goes on.
Scalar base_value(Kind kind);
/// Whether `if` or `unless` is a link, and not a bool or a param.
bool is_link(const Written& written);
/// A value as written, of a kind and range; empty when it is faulty (and the fault is noted).
std::optional<Expr> read_expr(const ValueSite& place, const Written& written, Kind kind, const Range& range);
/// The same again; a fault, and empty, where it is a param that a link feeds.
std::optional<Expr> unfed(const ValueSite& place, std::optional<Expr> expr);
/// {from, to}, for a ramp.
std::optional<Expr> read_ramp(const ValueSite& place, const Written& from, const Written& to, const Range& range);
/// The kind of a text that is one param or one formula; empty for any other.
std::optional<Kind> kind_of_value(const ValueSite& place, const std::string& text);
/// Data as written, whose leaves may name params; `expr` has its kind, place and shape.
std::optional<Expr> read_tree(const ValueSite& place, Expr expr, const Written& written, const Range& range);
/// What is wrong inside of data.
void add_faults(const ValueSite& place, const DataFaults& faults);
/// {by: param, value: default, …}: a default that goes by a param above it.
std::optional<Expr> read_choice(const ValueSite& place, const Written& written, const ParamInput& param);
/// A param that feeds data to a bin's param has its shape.
void spread_shapes(State& state);
/// Notes that a text's params are used, whatever else is wrong with it.
void use_params(State& state, Sheet& sheet, const std::string& text);
void use_params(State& state, Sheet& sheet, const Data& data);
void use_params(State& state, Sheet& sheet, const Written& written);
/// Of a node in a block, its bins' included; empty when there is none.
std::optional<When> read_when(State& state, const WhenInput& input, Sheet& sheet, const std::string& owner);

}  // namespace graph::checking
