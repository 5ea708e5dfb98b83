// SPDX-License-Identifier: MIT
#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "base/limits.h"
#include "graph/checking/check_state.h"
#include "graph/pattern.h"

namespace graph::checking {
namespace {

constexpr base::Limit kDefaults{"graph-defaults"};

std::string same(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string at(const Mark& mark) {
  if (mark.line == 0) return mark.file;
  return mark.file + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

const char* const kNameRule =
    " is not a name; a name has letters, digits, '_' and '-', and starts with a letter or '_'";

constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Makes nodes, bins and params out of specs, outer ones first.
class Declarer {
 public:
  explicit Declarer(State& state) : state_(state), graph_(state.graph) {}

  void declare_graph() {
    const GraphSpec& spec = state_.spec;
    graph_.name = spec.name;
    graph_.about = spec.about;
    graph_.files = spec.files;
    graph_.shared_output = spec.shared_output;
    if (!base::is_name(spec.name) && !spec.name.empty()) fault(spec.mark, "graph: '" + spec.name + "'" + kNameRule);
    if (spec.name.empty()) fault(spec.mark, "the graph has no name; add graph: NAME");
    if (!spec.in.empty()) {
      fault(spec.in[0].mark,
            "a graph with in: has inputs that only another graph can feed; include it there: {include: FILE}");
    }
    graph_.regions.emplace_back();
    Sheet& sheet = add_sheet(spec);
    Block& block = add_scope(sheet, nullptr, 0, "");
    sheet.inside = &block;
    state_.bodies.push_back(&block);
    declare_params(sheet);
    declare_nodes(spec.nodes, block);
  }

 private:
  void fault(const Mark& mark, const std::string& what) { state_.faults.add(mark, what); }

  Sheet& add_sheet(const GraphSpec& spec) {
    Sheet& sheet = state_.sheets.emplace_back();
    sheet.index = static_cast<int>(state_.sheets.size()) - 1;
    sheet.spec = &spec;
    sheet.ins.resize(spec.in.size());
    sheet.in_used.assign(spec.in.size(), false);
    sheet.outs.resize(spec.out.size());
    return sheet;
  }

  Block& add_scope(Sheet& sheet, Block* outer, int region, const std::string& prefix) {
    Block& block = state_.blocks.emplace_back();
    block.sheet = &sheet;
    block.outer = outer;
    block.region = region;
    block.prefix = prefix;
    return block;
  }

  void declare_params(Sheet& sheet) {
    std::unordered_map<std::string, const ParamInput*> seen;
    for (const ParamInput& input : sheet.spec->params) {
      const std::string owner = "param '" + input.name + "': ";
      if (!base::is_name(input.name)) fault(input.mark, "param '" + input.name + "'" + kNameRule);
      if (std::ranges::count(own_fields(), input.name) > 0) {
        fault(input.mark,
              owner + "the name is taken: {" + input.name + "} in file names is the run's own; take another");
      }
      auto [first, added] = seen.emplace(same(input.name), &input);
      if (added && !input.alias.empty()) {
        if (!base::is_name(input.alias)) fault(input.mark, owner + "alias: '" + input.alias + "'" + kNameRule);
        std::tie(first, added) = seen.emplace(same(input.alias), &input);
      }
      if (!added) {
        fault(input.mark, owner + "it is given twice; first at " + at(first->second->mark) +
                              " ('-' and '_' are the same in flags)");
        continue;
      }
      check_param(input, owner);
      check_ways_in(sheet, input, owner);
      Param param{sheet.bin ? sheet.id + "." + input.name : input.name,
                  input.kind,
                  input.range,
                  input.about,
                  std::nullopt,
                  sheet.bin != nullptr,
                  input.mark,
                  input.alias,
                  input.section,
                  input.list,
                  input.fixed};
      param.flag = input.flag;
      param.nullable = input.nullable;
      for (const Written& key : input.keys) param.keys.push_back(key.text);
      if (input.value) param.value = read_default(sheet, input, owner);
      state_.param_depth.push_back(param.value ? default_depth(*param.value, owner) : 0);
      sheet.params.emplace(input.name, static_cast<int>(graph_.params.size()));
      graph_.params.push_back(std::move(param));
      // $name could not say it
      state_.param_used.push_back(!base::is_name(input.name) || input.fixed || input.unused);
    }
  }

  /// Keys of params files and short flags: each leads to one param.
  void check_ways_in(const Sheet& sheet, const ParamInput& input, const std::string& owner) {
    if (sheet.bin) return;
    for (const Written& key : input.keys) {
      for (std::size_t begin = 0; begin <= key.text.size();) {
        const std::size_t end = std::min(key.text.find('.', begin), key.text.size());
        if (!base::is_name(key.text.substr(begin, end - begin)))
          return fault(key.mark, owner + "key: '" + key.text + "' is not a place in a params file, such as model.base");
        begin = end + 1;
      }
    }
    if (!input.flag.empty() && input.flag.find_first_not_of(kLetters) != std::string::npos)
      fault(input.mark, owner + "flag: '" + input.flag + "' must be letters, such as pt for -pt");
    for (const Param& other : graph_.params) {
      if (other.bound) continue;
      if (!input.flag.empty() && other.flag == input.flag)
        fault(input.mark, owner + "flag: '" + input.flag + "' is that of param '" + other.id + "'");
      for (const Written& key : input.keys) {
        if (std::ranges::count(other.keys, key.text) > 0)
          fault(key.mark, owner + "key: '" + key.text + "' is that of param '" + other.id + "'");
      }
    }
  }

  void check_param(const ParamInput& input, const std::string& owner) {
    const Range& range = input.range;
    const bool number = input.kind == Kind::kInt || input.kind == Kind::kFloat;
    if (!number && (range.min || range.max)) {
      fault(input.mark, owner + "min and max are for int and float, and it is a " + kind_name(input.kind));
    }
    if (range.min && range.max && *range.min > *range.max) {
      fault(input.mark, owner + "min " + to_text(*range.min) + " is above max " + to_text(*range.max));
    }
    if (input.fixed && !input.value) fault(input.mark, owner + "fixed needs a default, which is its only value");
    if (input.list && input.kind != Kind::kString) {
      fault(input.mark, owner + "a list is kept as a text, and it is a " + kind_name(input.kind));
    }
    if (!range.choices.empty() && input.kind == Kind::kBool) fault(input.mark, owner + "a bool has no choices");
    for (const std::string& choice : range.choices) {
      try {
        parse_scalar(input.kind, choice);
      } catch (const std::invalid_argument& e) {
        fault(input.mark, owner + "choices: " + e.what());
      }
    }
  }

  /// How many params in a row the default's value goes through.
  int default_depth(const Expr& expr, const std::string& owner) {
    int depth = 0;
    for (const int other : expr.params()) depth = std::max(depth, 1 + state_.param_depth[other]);
    if (static_cast<std::uint64_t>(depth) <= kDefaults.most()) return depth;
    fault(expr.mark, owner + "default: it ends a row of defaults, each naming the param before, that is longer than " +
                         kDefaults.text());
    return 0;
  }

  /// A default names params above it alone, so that there is no riddle in which order they are set.
  std::optional<Expr> read_default(Sheet& sheet, const ParamInput& input, const std::string& owner) {
    const ValueSite place{state_, sheet, owner + "default: ", sheet.spec->folder, nullptr, input.name};
    const std::optional<Data>& tree = input.value->tree;
    if (tree && tree->sort() == Data::Sort::kMap && tree->find("by")) return read_choice(place, *input.value, input);
    if (!input.value->null || !input.nullable) return read_expr(place, *input.value, input.kind, input.range);
    Expr null;
    null.kind = input.kind;
    null.constant = Data();
    null.mark = input.value->mark;
    return null;
  }

  void declare_nodes(const std::vector<NodeSpec>& specs, Block& block) {
    block.names.reserve(specs.size());
    for (const NodeSpec& spec : specs) {
      const std::string id = block.prefix + spec.name;
      if (!base::is_name(spec.name)) fault(spec.mark, "node '" + spec.name + "'" + kNameRule);
      if (spec.name == "state" || spec.name == "in") {
        fault(spec.mark, "node '" + spec.name + "': the name is taken: links such as " + spec.name +
                             ".x mean something else; take another");
      }
      check_hidden(spec, block);
      const bool is_bin = spec.include != nullptr;
      const int index = static_cast<int>(is_bin ? state_.sheets.size() : graph_.nodes.size());
      if (!block.names.emplace(spec.name, Block::Entry{is_bin, index}).second) {
        fault(spec.mark, "node '" + id + "' is given twice; names are ids");
        continue;
      }
      if (is_bin) {
        declare_bin(spec, block, id);
      } else {
        declare_node(spec, block, id);
      }
    }
  }

  void check_hidden(const NodeSpec& spec, const Block& block) {
    for (const Block* outer = block.outer; outer; outer = outer->outer) {
      if (!outer->names.count(spec.name)) continue;
      fault(spec.mark, "node '" + block.prefix + spec.name +
                           "': a node outside of the loop has the same name, and links could "
                           "mean either; take another");
    }
  }

  int add_node(const NodeSpec& spec, Block& block, GraphNode node) {
    node.mark = spec.mark;
    node.region = block.region;
    const int index = static_cast<int>(graph_.nodes.size());
    graph_.regions[block.region].nodes.push_back(index);
    graph_.nodes.push_back(std::move(node));
    state_.sites.push_back({&spec, &block});
    return index;
  }

  void declare_node(const NodeSpec& spec, Block& block, const std::string& id) {
    GraphNode node;
    node.id = id;
    node.name = spec.name;
    if (spec.type.text == "loop") node.sort = GraphNode::Sort::kLoop;
    if (spec.type.text == "each") node.sort = GraphNode::Sort::kEach;
    const int index = add_node(spec, block, std::move(node));
    if (spec.has_body()) declare_body(spec, block, index);
  }

  void declare_body(const NodeSpec& spec, Block& block, int node) {
    const bool each = graph_.nodes[node].sort == GraphNode::Sort::kEach;
    const std::string owner = state_.owner(node);
    const int region = static_cast<int>(graph_.regions.size());
    graph_.nodes[node].body = region;
    for (const auto* outs : {&spec.out, &spec.collect}) {
      for (const LinkInput& out : *outs) graph_.nodes[node].outs.push_back(out.name);
    }
    Region& body = graph_.regions.emplace_back();
    body.owner = node;
    body.parent = block.region;
    body.has_over = !each && spec.over.has_value();
    body.alias = spec.as ? spec.as->text : each ? "each" : "turn";
    body.next.resize(spec.state.size());
    if (each && spec.over) body.lists.emplace_back("item", spec.over->text);
    for (const LinkInput& list : spec.lists) body.lists.emplace_back(list.name, list.source.text);
    check_run(spec, owner, each);
    check_lists(spec, owner);
    check_as(spec, block, owner);
    Block& inside = add_scope(*block.sheet, &block, region, graph_.nodes[node].id + ".");
    state_.bodies.push_back(&inside);
    graph_.regions[region].head = add_node(spec, inside, head_of(graph_.regions[region], spec, inside.prefix, each));
    if (spec.nodes.empty()) fault(spec.mark, owner + "it has no nodes; add nodes: {NAME: {type: TYPE}}");
    declare_nodes(spec.nodes, inside);
  }

  static GraphNode head_of(const Region& body, const NodeSpec& spec, const std::string& prefix, bool each) {
    GraphNode head;
    head.sort = GraphNode::Sort::kHead;
    head.name = each ? body.alias : "state";
    head.id = prefix + head.name;
    for (const LinkInput& one : spec.state) head.outs.push_back(one.name);
    for (const auto& list : body.lists) head.outs.push_back(list.first);
    head.outs.insert(head.outs.end(), {"index", "count"});
    return head;
  }

  /// What says how often the body runs: one thing.
  void check_run(const NodeSpec& spec, const std::string& owner, bool each) {
    const bool over = spec.over || !spec.lists.empty();
    const std::optional<Written>& number = each ? spec.times : spec.steps;
    const std::string word = each ? "times" : "steps";
    if (number && over) {
      fault(spec.over ? spec.over->mark : spec.lists[0].name_mark,
            owner + "it has both " + word + " and over; " + (each ? "an each" : "a loop") + " has one of them");
    } else if (!number && !over) {
      fault(spec.mark, each ? owner + "it runs over nothing; add over: node.port of a list, or times: N"
                            : owner + "it never ends; add steps: N, or over: node.port for a turn per element");
    }
  }

  void check_lists(const NodeSpec& spec, const std::string& owner) {
    for (const LinkInput& list : spec.lists) {
      if (list.name == "index" || list.name == "count") {
        fault(list.name_mark, owner + "over: the name '" + list.name + "' is taken: it numbers the elements");
      }
    }
  }

  /// The name of a body's turns or elements: its nodes could not tell it from another one around it.
  void check_as(const NodeSpec& spec, const Block& block, const std::string& owner) {
    const std::string& alias = graph_.regions.back().alias;
    const Mark& mark = spec.as ? spec.as->mark : spec.mark;
    if (!base::is_name(alias)) fault(mark, owner + "as: '" + alias + "'" + kNameRule);
    if (alias == "state" || alias == "in") fault(mark, owner + "as: the name '" + alias + "' is taken; take another");
    for (const Block* at = &block; at; at = at->outer) {
      const bool same = at->outer && graph_.regions[at->region].alias == alias;
      if (!same || alias == "turn") continue;
      fault(mark, owner + "'" + alias + "' would be its element and that of " +
                      graph_.nodes[graph_.regions[at->region].owner].id + ", which is around it; add as: NAME");
    }
  }

  void declare_bin(const NodeSpec& spec, Block& block, const std::string& id) {
    Sheet& sheet = add_sheet(*spec.include);
    sheet.bin = &spec;
    sheet.id = id;
    sheet.outside = &block;
    graph_.bins.push_back({id, spec.include->mark.file});
    const std::string owner = State::owner(sheet);
    declare_params(sheet);
    feed_params(sheet, owner);
    give_params(sheet, owner);
    if (!spec.per.empty()) fault(spec.per[0].mark, owner + "per belongs to a node that gathers: write it in the bin");
    if (spec.curated)
      fault(spec.curated->mark, owner + "curated belongs to a node that writes files: write it in the bin");
    declare_when(sheet, block, owner);
    Block& inside = add_scope(sheet, nullptr, block.region, id + ".");
    sheet.inside = &inside;
    declare_nodes(spec.include->nodes, inside);
  }

  /// A bin's `when` is that of each of its nodes, and so are those of the bins around it.
  void declare_when(Sheet& sheet, const Block& block, const std::string& owner) {
    const std::optional<WhenInput>& input = sheet.bin->when;
    if (block.outer == nullptr) {  // at the top of the outer bin, not in a loop of it
      sheet.when = block.sheet->when;
      sheet.when_input = block.sheet->when_input;
      sheet.when_block = block.sheet->when_block;
    }
    if (!input) return;
    if (input->has_window() && loop_around(graph_, block.region) < 0) {
      fault(input->mark,
            owner + "when counts the turns of a loop, and it is in none; outside of loops it may say if and unless");
    } else if (sheet.when) {
      fault(input->mark, owner + "the bin around it has a when already, which holds for all in it");
    } else {
      sheet.when = read_when(state_, *input, *block.sheet, owner);
      sheet.when_input = &*input;
      sheet.when_block = sheet.outside;
    }
  }

  /// What links give the bin's params. A param that is an input, too, is that.
  void feed_params(Sheet& sheet, const std::string& owner) {
    for (const LinkInput& link : sheet.bin->in) {
      const bool is_input =
          std::ranges::any_of(sheet.spec->in, [&](const BinInput& input) { return input.name == link.name; });
      const auto found = is_input ? sheet.params.end() : sheet.params.find(link.name);
      if (found == sheet.params.end()) continue;
      const int index = found->second;
      const std::string here = owner + "param '" + link.name + "': ";
      if (graph_.params[index].fed) fault(link.name_mark, here + "it is fed twice");
      if (state_.given(sheet.id, link.name)) fault(link.name_mark, here + "a link feeds it, and --set cannot");
      Expr fed;
      fed.kind = graph_.params[index].kind;
      fed.constant = base_value(fed.kind);
      fed.mark = link.source.mark;
      fed.fed = index;
      graph_.params[index].fed = true;
      graph_.params[index].value = std::move(fed);
      state_.feeds[index] = {&link, sheet.outside, here};
    }
  }

  void give_params(Sheet& sheet, const std::string& owner) {
    Sheet& outer = *sheet.outside->sheet;
    std::vector<std::string> names;
    for (const ParamInput& param : sheet.spec->params) names.push_back(param.name);
    std::vector<const PropInput*> given(graph_.params.size());
    for (const PropInput& input : sheet.bin->props) {
      const auto found = sheet.params.find(input.name);
      if (found == sheet.params.end()) {
        fault(input.name_mark, owner + sheet.spec->mark.file + " has no param '" + input.name + "'" +
                                   state_.faults.suggest(input.name, names));
        use_params(state_, outer, input.value);
      } else if (given[found->second]) {
        fault(input.name_mark, owner + "param '" + input.name + "' is given twice");
      } else {
        given[found->second] = &input;
      }
    }
    for (const ParamInput& param : sheet.spec->params) {
      const int index = sheet.params.at(std::string_view(param.name));
      const std::string here = owner + param.name + ": ";
      if (graph_.params[index].fed) {
        if (given[index]) fault(given[index]->name_mark, here + "it is given, and a link feeds it; one of them is due");
        continue;
      }
      if (std::optional<Expr> value = given_value(sheet, param, given[index], here)) {
        graph_.params[index].fed = value->fed >= 0;
        graph_.params[index].value = std::move(value);
      } else if (!param.value && !given[index]) {
        fault(sheet.bin->mark,
              owner + "param '" + param.name + "' must be given (" + describe(param.kind, param.range) + ")");
      }
    }
  }

  /// What a bin's param is set to where the bin stands, or by --set.
  std::optional<Expr> given_value(Sheet& sheet, const ParamInput& param, const PropInput* input,
                                  const std::string& owner) {
    Sheet& outer = *sheet.outside->sheet;
    if (const State::Given* given = state_.given(sheet.id, param.name)) {
      if (input) use_params(state_, outer, input->value);
      const Mark mark{"--set " + sheet.id + "." + param.name, 0, 0};
      return read_expr({state_, outer, owner, "", nullptr, param.name}, {given->value->text, mark}, param.kind,
                       param.range);
    } else if (input) {
      const std::optional<Expr>& otherwise = graph_.params[sheet.params.at(std::string_view(param.name))].value;
      const bool known = otherwise && otherwise->is_constant();
      return read_expr({state_, outer, owner, outer.spec->folder, known ? &otherwise->constant : nullptr, param.name},
                       input->value, param.kind, param.range);
    }
    return std::nullopt;
  }

  State& state_;
  Graph& graph_;
};

}  // namespace

void declare(State& state) {
  Declarer(state).declare_graph();
}

}  // namespace graph::checking
