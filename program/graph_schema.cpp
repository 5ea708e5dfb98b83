// SPDX-License-Identifier: MIT
#include "program/graph_schema.h"

#include <algorithm>
#include <limits>

#include "graph/shape.h"
#include "program/descriptions.h"

namespace program {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kEachAbout = "Runs its nodes once for each element of a list";
constexpr const char* kName = "^[A-Za-z_][A-Za-z0-9_-]*$";

/// {"$ref": …}. Named so that std::ref is not found instead.
Json named(const std::string& name) {
  return {{"$ref", "#/definitions/" + name}};
}

Json array_of(const Json& item) {
  return {{"type", "array"}, {"items", item}};
}

/// A port, with room for a description: a draft-07 reader ignores what stands beside a $ref.
Json one_source() {
  return {{"allOf", Json::array({named("source")})}};
}

/// A port, or several where the input takes several links.
Json source_of(const graph::InSpec& in) {
  if (!in.several) return one_source();
  return {{"anyOf", {named("source"), array_of(named("source"))}}};
}

/// That a key is there.
Json needs(const std::string& key) {
  return {{"required", Json::array({key})}};
}

/// That a link feeds a property.
Json feeds(const std::string& property) {
  return {{"properties", {{"in", needs(property)}}}, {"required", Json::array({"in"})}};
}

/// A map whose keys are names that the graph chooses.
Json map_of(const Json& value, const std::string& about) {
  return {{"type", "object"},
          {"description", about},
          {"patternProperties", {{kName, value}}},
          {"additionalProperties", false}};
}

Json object(Json properties, const std::vector<std::string>& required, const std::string& about) {
  Json json{{"type", "object"}, {"description", about}, {"properties", std::move(properties)}};
  json["additionalProperties"] = false;
  if (!required.empty()) json["required"] = required;
  return json;
}

Json described(Json json, const std::string& about) {
  if (!about.empty()) json["description"] = about;
  return json;
}

/// Values are read by the declared type, so a string may look like a number or a bool.
Json text() {
  return {{"type", {"string", "number", "boolean"}}};
}

Json number(const char* type, const graph::Range& range) {
  Json json{{"type", type}};
  if (range.min) json["minimum"] = *range.min;
  if (range.max) json["maximum"] = *range.max;
  return json;
}

Json literal(graph::Kind kind, const graph::Range& range) {
  if (kind == graph::Kind::kData && range.shape) return shape_schema(*range.shape);
  if (!range.choices.empty()) return {{"enum", range.choices}};
  switch (kind) {
    case graph::Kind::kInt:
      return number("integer", range);
    case graph::Kind::kFloat:
      return number("number", range);
    case graph::Kind::kBool:
      return {{"type", "boolean"}};
    case graph::Kind::kRamp:
      return {{"anyOf", {number("number", range), named("ramp")}}};
    case graph::Kind::kData:
      return Json::object();
    default:
      return text();
  }
}

/// A property's value: what its type allows, or text with a param in it.
Json value(graph::Kind kind, const graph::Range& range) {
  Json json = literal(kind, range);
  if (json.contains("type") && json["type"].is_array()) return json;  // any text, params included
  if (kind == graph::Kind::kData && json.empty()) return json;        // anything
  if (json.contains("anyOf")) json["anyOf"].push_back(named("param_reference"));
  else json = {{"anyOf", {std::move(json), named("param_reference")}}};
  return json;
}

Json property(const graph::PropSpec& prop) {
  Json json = described(value(prop.kind, prop.range), prop.help + " (" + property_type(prop) + ")");
  if (prop.value) json["default"] = scalar_json(*prop.value);
  return json;
}

Json ports(const graph::Contract& contract, bool& needed) {
  Json properties = Json::object();
  std::vector<std::string> required;
  for (const graph::InSpec& in : contract.ins()) {
    properties[in.name] = described(source_of(in), type_name(in.type) + " " + in.shape);
    if (!in.optional) required.push_back(in.name);
  }
  for (const graph::PropSpec& prop : contract.props()) {
    if (!prop.feedable) continue;
    properties[prop.name] = described(one_source(), "Feeds the property: " + prop.help);
  }
  needed = !required.empty();
  return object(std::move(properties), required, "Links: port, or a property that a link feeds: node.port");
}

Json common() {
  return {{"about", described(text(), "What it is for; for people")}, {"when", named("when")}};
}

Json node_schema(const graph::NodeType& type) {
  const graph::Contract& contract = type.contract;
  std::vector<std::string> required{"type"};
  bool in_needed = false, gathers = false;
  Json given = Json::array();  // what a property or a link gives
  Json properties{{"type", {{"const", contract.type()}, {"description", contract.about()}}}};
  const auto feedable = [](const graph::PropSpec& prop) { return prop.feedable; };
  if (!contract.ins().empty() || std::ranges::any_of(contract.props(), feedable))
    properties["in"] = ports(contract, in_needed);
  if (in_needed) required.emplace_back("in");
  for (const graph::InSpec& in : contract.ins()) gathers = gathers || in.gather;
  for (const graph::PropSpec& prop : contract.props()) {
    properties[prop.name] = property(prop);
    if (prop.value) continue;
    if (prop.feedable) given.push_back({{"anyOf", {needs(prop.name), feeds(prop.name)}}});
    else required.push_back(prop.name);
  }
  properties.update(common());
  const auto writes = [](const graph::PropSpec& prop) { return prop.kind == graph::Kind::kPattern; };
  if (std::ranges::any_of(contract.props(), writes)) {
    properties["curated"] =
        described({{"type", "boolean"}}, "A file of it that somebody deleted is a decision: --resume leaves it");
  }
  if (gathers)
    properties["per"] = described(array_of(Json{{"type", "string"}}), "One result for each value of these params");
  Json json = object(std::move(properties), required, contract.about());
  if (!given.empty()) json["allOf"] = given;
  return json;
}

/// What a loop and an each have in common.
void add_body(Json& properties) {
  properties["nodes"] = named("nodes");
  properties["as"] =
      described({{"type", "string"}, {"pattern", kName}}, "What a turn or an element is called in links");
}

Json lists(const std::string& about) {
  return {{"anyOf", {named("source"), map_of(named("source"), about)}}};
}

Json each_schema() {
  Json properties{{"type", {{"const", "each"}, {"description", kEachAbout}}}};
  properties["over"] = described(lists("Lists of one length, walked together; each.NAME is the element"),
                                 "A list, whose element is each.item; or several by name");
  properties["times"] =
      described(value(graph::Kind::kInt, {0, {}, {}}), "So many elements; each.index tells them apart");
  properties["at_once"] = described(value(graph::Kind::kInt, {1, {}, {}}),
                                    "So many elements at a time; as many as use the machine when it is left out");
  properties["out"] = map_of(named("source"), "Outputs: lists of what the elements sent, in their order");
  add_body(properties);
  properties.update(common());
  Json json = object(std::move(properties), {"type", "nodes"}, kEachAbout);
  json["oneOf"] = {needs("times"), needs("over")};
  return json;
}

Json loop_schema() {
  Json properties{{"type", {{"const", "loop"}, {"description", "Repeats its nodes"}}}};
  properties["steps"] = described(value(graph::Kind::kInt, {0, {}, {}}), "So many turns");
  properties["over"] = described(lists("Lists of one length; turn.NAME is the element of the turn"),
                                 "A turn per element of this value; or of lists, by name");
  properties["state"] =
      map_of(named("source"), "What is carried from turn to turn, and the node.port that it begins with");
  properties["next"] = map_of(named("source"), "What the states are in the next turn");
  properties["out"] = map_of(named("source"), "Outputs: the last value that was sent");
  properties["collect"] = map_of(named("source"), "Outputs: lists of what each turn sent");
  properties["checkpoint"] = described(
      object({{"every", described(value(graph::Kind::kInt, {0, {}, {}}), "After every so many turns; 0: never")}},
             {"every"}, "When it is kept"),
      "What the loop carries is kept as it goes, so that --resume goes on from there");
  add_body(properties);
  properties.update(common());
  Json json = object(std::move(properties), {"type", "nodes"}, "Repeats its nodes");
  json["oneOf"] = {needs("steps"), needs("over")};
  return json;
}

Json bin_schema() {
  return {
      {"type", "object"},
      {"description", "Another graph file as one node; its params are properties here"},
      {"properties",
       {{"include", {{"type", "string"}, {"description", "The file; relative paths count from this file's folder"}}},
        {"in", map_of(named("source"), "Links: port, or a param that a link feeds: node.port")},
        {"when", named("when")},
        {"about", described(text(), "What it is for; for people")}}},
      {"required", Json::array({"include"})},
      {"not", needs("type")},
      {"additionalProperties", text()}};
}

/// One branch per type: a reader tells the faults of that branch alone, and completes by it.
Json any_node(const graph::Registry& registry) {
  std::vector<std::string> types = registry.type_names();
  Json about = Json::array();
  for (const std::string& type : types) about.push_back(registry.find(type)->contract.about());
  types.emplace_back("loop");
  about.push_back("Repeats its nodes");
  types.emplace_back("each");
  about.push_back(kEachAbout);
  Json branches = Json::array();
  const auto when_type = [](const std::string& type) {
    return Json{{"properties", {{"type", {{"const", type}}}}}, {"required", Json::array({"type"})}};
  };
  for (const std::string& type : types) branches.push_back({{"if", when_type(type)}, {"then", named("node-" + type)}});
  branches.push_back({{"if", needs("include")}, {"then", named("bin")}});
  return {{"type", "object"},
          {"properties",
           {{"type", {{"enum", types}, {"enumDescriptions", about}, {"description", "The node type"}}},
            {"include", {{"type", "string"}, {"description", "Another graph file, as one node"}}}}},
          {"anyOf", {needs("type"), needs("include")}},
          {"allOf", branches}};
}

Json param_schema() {
  Json properties{{"type", {{"enum", graph::param_kind_names()}, {"description", "How its values are read"}}}};
  properties["default"] = described(Json::object(),
                                    "Without one, a run must give the param; of data, a list or a map; "
                                    "{by: param, choice: value, …} goes by another param's choices");
  properties["min"] = described({{"type", "number"}}, "The smallest value");
  properties["max"] = described({{"type", "number"}}, "The largest value");
  properties["choices"] = described(array_of(text()), "The only values");
  properties["about"] = described(text(), "What it means; printed by --help");
  const Json truth{{"type", "boolean"}};
  properties["alias"] = described(text(), "Another name for it");
  properties["section"] = described(text(), "Under which --help and records list it");
  properties["list"] = described(truth, "Several values given at once are one text, joined by commas");
  properties["fixed"] = described(truth, "The default is its only value; no node need name it");
  properties["unused"] = described(truth, "It has no effect, and no node need name it");
  return object(std::move(properties), {"type"}, "A setting of the graph: --NAME VALUE on the command line");
}

Json items_schema() {
  Json properties{
      {"files", described(text(), "A table, or with wildcards files that are a row each")},
      {"below", {{"const", "output"}, {"description", "What the paths count from: the run's output folder"}}},
      {"columns", map_of(text(), "Param: a key of the row, or file.stem, file.name, file.path")},
      {"skip", described(text(), "A pattern: where such a file is there, the row is left out")},
      {"if", described(value(graph::Kind::kBool, {}), "Whether the run has these items")}};
  return object(std::move(properties), {"files"}, "What makes the items of a run: a row is an item, a column a param");
}

Json definitions(const graph::Registry& registry) {
  Json json;
  json["source"] = {{"type", "string"},
                    {"pattern", "^[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z_][A-Za-z0-9_-]*)+$"},
                    {"description", "node.port"}};
  json["param_reference"] = {
      {"type", "string"}, {"pattern", "\\$"}, {"description", "$param, or text with ${param} in it"}};
  const auto bound = [] { return value(graph::Kind::kFloat, {}); };
  json["ramp"] = object({{"from", bound()}, {"to", bound()}}, {"from", "to"}, "Moves across the node's window");
  const auto fraction = [](const std::string& about) {
    return described(value(graph::Kind::kFloat, {0, 1, {}}), about);
  };
  const auto switched = [](const std::string& about) {
    Json json = value(graph::Kind::kBool, {});
    json["anyOf"].push_back(named("source"));
    return described(std::move(json), about + ": a bool, a param, or node.port");
  };
  json["when"] = object({{"from", fraction("Part of the loop that is over, 0 to 1")},
                         {"to", fraction("Part of the loop that is over, 0 to 1")},
                         {"every", described(value(graph::Kind::kInt, {}), "Every so many turns; 0: never")},
                         {"nth", described(value(graph::Kind::kInt, {}), "Of these, every so many; 0: never")},
                         {"if", switched("Only when this is true")},
                         {"unless", switched("Not when this is true")}},
                        {}, "Whether the node is active, and inside a loop in which turns (from, to, every, nth)");
  json["param"] = param_schema();
  json["items"] = items_schema();
  json["nodes"] = map_of(named("node"), "The nodes, by name");
  json["node"] = any_node(registry);
  json["bin"] = bin_schema();
  json["node-loop"] = loop_schema();
  json["node-each"] = each_schema();
  for (const graph::NodeType* type : registry.types()) json["node-" + type->contract.type()] = node_schema(*type);
  return json;
}

/// A map with the fields of a shape, under any of the names that are the same to it.
Json map_schema(const graph::Shape& shape) {
  if (shape.fields.empty()) return {{"type", "object"}, {"additionalProperties", shape_schema(shape.parts[0])}};
  Json properties = Json::object();
  std::vector<std::string> required;
  for (const graph::ShapeField& field : shape.fields) {
    Json json = described(shape_schema(field.shape), field.help + (field.unit.empty() ? "" : " (" + field.unit + ")"));
    if (field.value) json["default"] = Json::parse(*field.value);
    else if (!field.shape.nullable && field.also.empty()) required.push_back(field.name);
    for (const std::string& other : field.also) properties[other] = json;
    properties[field.name] = std::move(json);
  }
  return object(std::move(properties), required, graph::describe(shape));
}

Json plain_shape(const graph::Shape& shape) {
  switch (shape.sort) {
    case graph::Shape::Sort::kLeaf:
      return value(shape.kind, shape.range);
    case graph::Shape::Sort::kList: {
      Json json = array_of(shape_schema(shape.parts[0]));
      if (shape.least > 0) json["minItems"] = shape.least;
      if (shape.most != std::numeric_limits<std::size_t>::max()) json["maxItems"] = shape.most;
      return json;
    }
    case graph::Shape::Sort::kMap:
      return map_schema(shape);
    case graph::Shape::Sort::kAny:
      return Json::object();
    case graph::Shape::Sort::kOneOf:
      break;
  }
  Json json{{"anyOf", Json::array()}};
  for (const graph::Shape& part : shape.parts) json["anyOf"].push_back(shape_schema(part));
  return json;
}

}  // namespace

Json shape_schema(const graph::Shape& shape) {
  Json json = plain_shape(shape);
  if (!shape.nullable) return json;
  return {{"anyOf", {std::move(json), {{"type", "null"}}}}};
}

Json graph_schema(const graph::Registry& registry) {
  Json properties{
      {"graph", {{"type", "string"}, {"pattern", kName}, {"description", "The graph's name"}}},
      {"about", described(text(), "What it makes")},
      {"output",
       {{"const", "shared"}, {"description", "Runs lie beside each other in one folder; nothing is overwritten"}}},
      {"version", {{"const", 1}, {"description", "Of the file's format"}}},
      {"params", map_of(named("param"), "What a run may set")},
      {"items", named("items")},
      {"in", map_of(Json{{"type", "string"}}, "Input ports and their types, of a file that others include")},
      {"nodes", named("nodes")},
      {"out", map_of(named("source"), "Output ports, of a file that others include")}};
  Json json{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "decoupage graph"}};
  json.update(object(std::move(properties), {"graph", "nodes"}, "A graph of nodes, for decoupage run"));
  json["definitions"] = definitions(registry);
  return json;
}

}  // namespace program
