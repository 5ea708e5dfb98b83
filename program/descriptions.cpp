// SPDX-License-Identifier: MIT
#include "program/descriptions.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "base/names.h"
#include "graph/shape.h"
#include "program/graph_schema.h"

namespace program {
namespace {

using Json = nlohmann::ordered_json;

using Families = std::map<std::string, std::vector<const graph::NodeType*>>;

Families families(const graph::Registry& registry) {
  Families all;
  for (const graph::NodeType* type : registry.types()) all[type->contract.family()].push_back(type);
  return all;
}

std::string out_type(const graph::OutSpec& out) {
  if (out.type) return out.type->name;
  return out.type_of.empty() ? "named by " + out.type_from : "that of " + out.type_of;
}

std::string out_words(const graph::OutSpec& out) {
  return out.given.empty() ? "" : ", where " + out.given + " is given";
}

std::string default_words(const graph::PropSpec& prop) {
  if (!prop.value) return "must be given";
  const std::string text = graph::to_text(*prop.value);
  const bool words = prop.kind >= graph::Kind::kString && prop.kind <= graph::Kind::kPattern;
  return words ? "default \"" + text + "\"" : "default " + text;
}

/// What the data of a property holds.
std::vector<std::string> lines_of(const graph::PropSpec& prop) {
  return prop.range.shape ? graph::shape_lines(*prop.range.shape) : std::vector<std::string>();
}

/// Which properties no link may feed.
std::string fixed_words(const graph::Contract& contract) {
  std::vector<std::string> fixed;
  for (const graph::PropSpec& prop : contract.props()) {
    if (!prop.feedable) fixed.push_back(prop.name);
  }
  if (fixed.empty()) return "";
  if (fixed.size() == contract.props().size()) return "Links feed none of its properties.";
  return "Links feed any property but " + base::joined(fixed) + ".";
}

/// How the node is run, as sentences.
std::vector<std::string> manners(const graph::Contract& contract) {
  std::vector<std::string> lines{"Occupies: " + contract.resource() + "."};
  if (contract.concurrency() > 0) {
    lines.push_back("At most " + std::to_string(contract.concurrency()) + " of its calls run at a time.");
  }
  if (contract.batch() > 1) lines.push_back("One call takes up to " + std::to_string(contract.batch()) + " rows.");
  if (const std::string fixed = fixed_words(contract); !fixed.empty()) lines.push_back(fixed);
  if (contract.is_differentiable()) lines.emplace_back("It differentiates.");
  for (const auto& [out, in] : contract.bypasses()) {
    lines.push_back("When it is inactive, " + contract.outs()[out].name + " is what came in at " +
                    contract.ins()[in].name + ".");
  }
  return lines;
}

std::string in_words(const graph::InSpec& in) {
  return std::string(in.either     ? ", one of these"
                     : in.optional ? ", optional"
                                   : "") +
         (in.closes ? ", closes" : "") + (in.gather ? ", gathers all items" : "") +
         (in.several ? ", several links" : "");
}

/// "|" would end a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

void markdown_type(std::ostream& out, const graph::Contract& contract) {
  out << "\n### " << contract.type() << "\n\n" << contract.about() << "\n";
  if (!contract.ins().empty() || !contract.outs().empty()) {
    out << "\n| port | | type | |\n|---|---|---|---|\n";
    for (const graph::InSpec& in : contract.ins()) {
      out << "| `" << in.name << "` | in" << in_words(in) << " | " << type_name(in.type) << " | " << cell(in.shape)
          << " |\n";
    }
    for (const graph::OutSpec& o : contract.outs()) {
      out << "| `" << o.name << "` | out" << out_words(o) << " | " << out_type(o) << " | " << cell(o.shape) << " |\n";
    }
  }
  if (!contract.props().empty()) {
    out << "\n| property | type | default | |\n|---|---|---|---|\n";
    for (const graph::PropSpec& prop : contract.props()) {
      out << "| `" << prop.name << "` | " << cell(property_type(prop)) << " | "
          << (prop.value ? "`" + cell(graph::to_text(*prop.value)) + "`" : "must be given") << " | " << cell(prop.help)
          << " |\n";
    }
  }
  for (const graph::PropSpec& prop : contract.props()) {
    const std::vector<std::string> lines = lines_of(prop);
    if (lines.empty()) continue;
    out << "\n`" << prop.name << "` holds:\n\n```\n";
    for (const std::string& line : lines) out << line << "\n";
    out << "```\n";
  }
  out << "\n";
  for (const std::string& line : manners(contract)) out << line << "\n";
  if (!contract.example().empty()) out << "\n```yaml\n" << contract.example() << "\n```\n";
}

/// A port of a graph's node.
struct PortLine {
  std::string name;
  std::string type;
  std::vector<std::string> from;  ///< of an input
};

std::string source_text(const graph::Graph& graph, const graph::PortRef& ref) {
  return ref ? graph.nodes[ref.node].id + "." + graph.nodes[ref.node].outs[ref.port] : "";
}

std::string sent_type(const graph::Graph& graph, const graph::PortRef& ref) {
  return ref ? type_name(graph.nodes[ref.node].out_types[ref.port]) : "any";
}

/// What feeds a node: inputs, properties, and of a loop or an each its states and what it walks.
std::vector<PortLine> fed_ports(const graph::Graph& graph, const graph::GraphNode& node) {
  std::vector<PortLine> lines;
  const auto add = [&](const std::string& name, const graph::PortRef& ref) {
    lines.push_back({name, sent_type(graph, ref), {}});
    if (ref) lines.back().from.push_back(source_text(graph, ref));
  };
  if (node.body >= 0) {
    const graph::Region& body = graph.regions[node.body];
    const std::size_t walked = body.next.size() + body.lists.size();
    for (std::size_t k = 0; k < walked; ++k) add(graph.nodes[body.head].outs[k], node.ins[k]);
    if (body.has_over) add("over", node.ins[walked]);
  }
  if (node.type == nullptr) return lines;
  const graph::Contract& contract = node.type->contract;
  for (std::size_t i = 0; i < contract.ins().size(); ++i) {
    const graph::InSpec& in = contract.ins()[i];
    PortLine line{in.name, type_name(in.type), {}};
    if (node.ins[i]) line.from.push_back(source_text(graph, node.ins[i]));
    for (const auto& several : node.several) {
      for (int k = 0; several.port == static_cast<int>(i) && k < several.count; ++k)
        line.from.push_back(source_text(graph, node.ins[several.first + k]));
    }
    lines.push_back(std::move(line));
  }
  for (const auto& fed : node.fed) add(contract.props()[fed.prop].name, node.ins[fed.in]);
  return lines;
}

std::string sort_name(const graph::GraphNode& node) {
  if (node.type != nullptr) return node.type->contract.type();
  return node.sort == graph::GraphNode::Sort::kEach ? "each" : "loop";
}

}  // namespace

std::string ports_text(const graph::Graph& graph) {
  std::ostringstream out;
  for (const graph::GraphNode& node : graph.nodes) {
    if (node.sort == graph::GraphNode::Sort::kHead) continue;
    out << node.id << " (" << sort_name(node) << ")\n";
    for (const PortLine& line : fed_ports(graph, node)) {
      out << "  in  " << line.name << ": " << line.type;
      if (!line.from.empty()) out << "  from " << base::joined(line.from);
      out << "\n";
    }
    for (std::size_t i = 0; i < node.outs.size(); ++i)
      out << "  out " << node.outs[i] << ": " << type_name(node.out_types[i]) << "\n";
  }
  return out.str();
}

Json ports_json(const graph::Graph& graph) {
  Json nodes = Json::array();
  for (const graph::GraphNode& node : graph.nodes) {
    if (node.sort == graph::GraphNode::Sort::kHead) continue;
    Json one{{"node", node.id}, {"type", sort_name(node)}, {"inputs", Json::array()}, {"outputs", Json::array()}};
    for (const PortLine& line : fed_ports(graph, node))
      one["inputs"].push_back({{"name", line.name}, {"type", line.type}, {"from", line.from}});
    for (std::size_t i = 0; i < node.outs.size(); ++i)
      one["outputs"].push_back({{"name", node.outs[i]}, {"type", type_name(node.out_types[i])}});
    nodes.push_back(std::move(one));
  }
  return {{"graph", graph.name}, {"nodes", std::move(nodes)}};
}

std::string type_name(const graph::ValueType* type) {
  return type ? type->name : "any";
}

std::string property_type(const graph::PropSpec& prop) {
  return graph::describe(prop.kind, prop.range) + (prop.unit.empty() ? "" : " " + prop.unit);
}

Json scalar_json(const graph::Scalar& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return *i;
  if (const auto* d = std::get_if<double>(&value)) return *d;
  if (const auto* b = std::get_if<bool>(&value)) return *b;
  if (const auto* ramp = std::get_if<graph::Ramp>(&value)) {
    if (ramp->from == ramp->to) return ramp->from;
    return {{"from", ramp->from}, {"to", ramp->to}};
  }
  if (const auto* data = std::get_if<graph::Data>(&value)) return Json::parse(graph::to_text(*data));
  return graph::to_text(value);
}

std::string list_types(const graph::Registry& registry) {
  std::size_t width = 0;
  for (const std::string& name : registry.type_names()) width = std::max(width, name.size());
  std::ostringstream out;
  for (const auto& [family, types] : families(registry)) {
    out << family << ":\n";
    for (const graph::NodeType* type : types) {
      const std::string& name = type->contract.type();
      out << "  " << name << std::string(width - name.size() + 2, ' ') << type->contract.about()
          << (type->origin == "built in" ? "" : " [" + type->origin + "]") << "\n";
    }
  }
  out << "\ndecoupage inspect NODE tells all about one.\n";
  return out.str();
}

std::string describe_type(const graph::NodeType& type) {
  const graph::Contract& contract = type.contract;
  std::ostringstream out;
  out << contract.type() << ": " << contract.about() << "\n" << contract.family() << ", " << type.origin << "\n";
  const auto title = [&](const char* text, bool any) {
    if (any) out << "\n" << text << ":\n";
  };
  title("Inputs", !contract.ins().empty());
  for (const graph::InSpec& in : contract.ins()) {
    out << "  " << in.name << ": " << type_name(in.type) << in_words(in) << "  " << in.shape << "\n";
  }
  title("Outputs", !contract.outs().empty());
  for (const graph::OutSpec& o : contract.outs())
    out << "  " << o.name << ": " << out_type(o) << out_words(o) << "  " << o.shape << "\n";
  title("Properties", !contract.props().empty());
  for (const graph::PropSpec& prop : contract.props()) {
    out << "  " << prop.name << ": " << property_type(prop) << ", " << default_words(prop) << "\n      " << prop.help
        << "\n";
    for (const std::string& line : lines_of(prop)) out << "        " << line << "\n";
  }
  out << "\n";
  for (const std::string& line : manners(contract)) out << line << "\n";
  if (!contract.example().empty()) out << "\nExample:\n  " << contract.example() << "\n";
  return out.str();
}

std::string markdown_page(const graph::Registry& registry) {
  std::ostringstream out;
  out << "<!-- Generated from the contracts of the node types: decoupage inspect --markdown > docs/nodes.md -->\n"
         "# Node types\n\nWhat `decoupage inspect` prints, on one page. Every node also takes `in` (its links), "
         "`when`, `about`, and,\nwhere it gathers, `per`: see [graph-format.md](graph-format.md).\n";
  const Families all = families(registry);
  for (const auto& [family, types] : all) {
    out << "\n- " << family << ":";
    for (const graph::NodeType* type : types)
      out << " [" << type->contract.type() << "](#" << type->contract.type() << ")";
  }
  out << "\n";
  for (const auto& [family, types] : all) {
    out << "\n## " << family << "\n";
    for (const graph::NodeType* type : types) markdown_type(out, type->contract);
  }
  return out.str();
}

Json type_json(const graph::NodeType& type) {
  const graph::Contract& contract = type.contract;
  Json json{{"type", contract.type()},
            {"about", contract.about()},
            {"family", contract.family()},
            {"origin", type.origin},
            {"resource", contract.resource()},
            {"batch", contract.batch()},
            {"differentiable", contract.is_differentiable()},
            {"concurrency", contract.concurrency()},
            {"inputs", Json::array()},
            {"outputs", Json::array()},
            {"properties", Json::array()},
            {"bypass", Json::object()},
            {"example", contract.example()}};
  for (const graph::InSpec& in : contract.ins()) {
    json["inputs"].push_back({{"name", in.name},
                              {"type", type_name(in.type)},
                              {"shape", in.shape},
                              {"optional", in.optional},
                              {"either", in.either},
                              {"closes", in.closes},
                              {"gather", in.gather},
                              {"several", in.several}});
  }
  for (const graph::OutSpec& out : contract.outs()) {
    Json port{{"name", out.name}, {"type", type_name(out.type)}, {"shape", out.shape}};
    if (!out.type_from.empty()) port["type_from"] = out.type_from;
    if (!out.type_of.empty()) port["type_of"] = out.type_of;
    if (!out.given.empty()) port["given"] = out.given;
    if (out.optimised) port["optimised"] = true;
    json["outputs"].push_back(std::move(port));
  }
  for (const graph::PropSpec& prop : contract.props()) {
    Json entry{{"name", prop.name}, {"type", graph::kind_name(prop.kind)}, {"help", prop.help}, {"unit", prop.unit}};
    entry["required"] = !prop.value;
    entry["feedable"] = prop.feedable;
    if (prop.value) entry["default"] = scalar_json(*prop.value);
    if (prop.range.min) entry["min"] = *prop.range.min;
    if (prop.range.max) entry["max"] = *prop.range.max;
    if (!prop.range.choices.empty()) entry["choices"] = prop.range.choices;
    if (prop.range.shape) entry["shape"] = shape_schema(*prop.range.shape);
    json["properties"].push_back(std::move(entry));
  }
  for (const auto& [out, in] : contract.bypasses()) json["bypass"][contract.outs()[out].name] = contract.ins()[in].name;
  return json;
}

}  // namespace program
