// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/mark.h"
#include "graph/scalar.h"

/// A graph as it is written: names and texts with their places, nothing resolved. The loader (load.h) makes it from
/// YAML, the Builder (builder.h) from C++; check() (graph.h) turns it into a Graph.
namespace graph {

/// A scalar as written. `plain` is false when it was quoted.
struct Written {
  std::string text;
  Mark mark;
  bool plain = true;
  bool null = false;           ///< `~`, `null` or nothing at all
  std::optional<Data> tree{};  ///< a list or a map, where a value may be one
};

/// A property's value as written: one scalar, {from, to} for a ramp, or data.
struct PropInput {
  std::string name;
  Mark name_mark;
  Written value;
};

/// name: node.port, or name: [node.port, …] for an input of several links.
struct LinkInput {
  std::string name;
  Mark name_mark;
  Written source;                  ///< the list's place when there are several
  std::vector<Written> several{};  ///< of a list
  bool is_list = false;
};

/// when: {from, to, every, nth, if, unless}. `if` and `unless` may be links.
struct WhenInput {
  std::optional<Written> from, to, every;
  Mark mark;
  std::optional<Written> nth, only_if, unless;

  /// Whether it says anything of the turns of a loop.
  bool has_window() const { return from || to || every || nth; }
};

struct ParamInput {
  std::string name;
  Mark mark;
  Kind kind = Kind::kString;
  std::optional<Written> value;  ///< the default; none: the run must give it
  Range range;
  std::string about;
  std::string alias{};          ///< another name for it
  std::string section{};        ///< under which help and records list it
  bool list = false;            ///< several values given at once are one text, joined by ", "
  bool fixed = false;           ///< its default is the only value; no node need name it
  bool unused = false;          ///< of no effect: no node need name it
  std::vector<Written> keys{};  ///< its places in params files: "generation.stage2.steps"
  std::string flag{};           ///< a short one: -pt
  bool nullable = false;        ///< it may be null: then a property that is it counts as not given
};

struct GraphSpec;

struct NodeSpec {
  std::string name;
  Mark mark;
  Written type;                  ///< "loop", "each"; empty for a bin
  std::vector<PropInput> props;  ///< a bin's params, too
  std::vector<LinkInput> in;
  std::optional<WhenInput> when;
  std::vector<Written> per;        ///< of a node that gathers: the params it makes one result for each value of
  std::optional<Written> curated;  ///< of a node that writes files: one that is deleted is not made again
  // A loop or an each:
  std::optional<Written> steps, times;  ///< the one of a loop, the other of an each
  std::optional<Written> over;          ///< one value
  std::vector<LinkInput> lists;         ///< over: {name: list}
  std::optional<Written> as, at_once;
  std::optional<Written> checkpoint;  ///< of a loop: after every so many turns it is kept
  std::vector<LinkInput> state, next, out, collect;
  std::vector<NodeSpec> nodes;
  // A bin:
  std::shared_ptr<const GraphSpec> include;

  /// A loop or an each.
  bool has_body() const { return type.text == "loop" || type.text == "each"; }
};

/// in: {image: image}: an input port of a graph that is made to be included.
struct BinInput {
  std::string name;
  Mark mark;
  Written type;  ///< name of the value's type
};

/// items: {files, below, columns, skip, if}: what makes the items of a run of the graph.
struct ItemsInput {
  Mark mark;
  std::optional<Written> files, below, skip, only_if;
  std::vector<std::pair<Written, Written>> columns;  ///< param, and where its value comes from
};

struct GraphSpec {
  std::string name;
  std::string about;
  Mark mark;
  std::string folder;  ///< of the file: relative paths in it count from here; "" is the working folder
  std::vector<ParamInput> params;
  std::optional<ItemsInput> items;
  std::vector<BinInput> in;
  std::vector<NodeSpec> nodes;
  std::vector<LinkInput> out;
  bool shared_output = false;  ///< runs of it lie beside each other in one folder; of the main file alone
  /// Text of every file read, by path as written in marks: this one first. For recipes and journals.
  std::vector<std::pair<std::string, std::string>> files;
};

}  // namespace graph
