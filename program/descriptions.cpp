// SPDX-License-Identifier: MIT
#include "program/descriptions.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "base/names.h"

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
  for (const auto& [out, in] : contract.bypasses()) {
    lines.push_back("When it is inactive, " + contract.outs()[out].name + " is what came in at " +
                    contract.ins()[in].name + ".");
  }
  return lines;
}

std::string in_words(const graph::InSpec& in) {
  return std::string(in.optional ? ", optional" : "") + (in.gather ? ", gathers all items" : "") +
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
  out << "\n";
  for (const std::string& line : manners(contract)) out << line << "\n";
  if (!contract.example().empty()) out << "\n```yaml\n" << contract.example() << "\n```\n";
}

}  // namespace

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
                              {"gather", in.gather},
                              {"several", in.several}});
  }
  for (const graph::OutSpec& out : contract.outs()) {
    Json port{{"name", out.name}, {"type", type_name(out.type)}, {"shape", out.shape}};
    if (!out.type_from.empty()) port["type_from"] = out.type_from;
    if (!out.type_of.empty()) port["type_of"] = out.type_of;
    if (!out.given.empty()) port["given"] = out.given;
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
    json["properties"].push_back(std::move(entry));
  }
  for (const auto& [out, in] : contract.bypasses()) json["bypass"][contract.outs()[out].name] = contract.ins()[in].name;
  return json;
}

}  // namespace program
