// SPDX-License-Identifier: MIT
#include "observers/record/loop_state_file.h"

#include <cstring>
#include <span>
#include <stdexcept>
#include <unordered_map>

#include "observers/json.h"
#include "observers/wording.h"

namespace observers {
namespace {

constexpr std::string_view kStateFormat = "decoupage loop state 1\n";
constexpr std::size_t kLength = sizeof(std::uint64_t), kSum = sizeof(std::uint32_t);

[[noreturn]] void refuse_state(const std::string& why) {
  throw std::runtime_error(why);
}

/// Puts values into the header, and their arrays behind it.
class StateWriter {
 public:
  explicit StateWriter(const graph::Registry& registry) : registry_(registry) {}

  Json value(const graph::Value& value) {
    if (value.empty()) return nullptr;
    if (value.type().element != nullptr) return {{"type", value.type().name}, {"places", values(value.places())}};
    const graph::Keeper* const keeper = registry_.keeper(value.type().name);
    if (keeper == nullptr) refuse_state(std::string("a ") + value.type().name + " cannot be kept");
    Json parts = Json::object();
    for (const auto& [name, part] : keeper->put(value)) {
      parts[name] = {
          {"kind", part.kind}, {"shape", part.shape}, {"at", place_of(part.bytes)}, {"bytes", part.bytes.size()}};
    }
    return {{"type", value.type().name}, {"parts", std::move(parts)}};
  }
  Json values(const std::vector<graph::Value>& values) {
    Json list = Json::array();
    for (const graph::Value& one : values) list.push_back(value(one));
    return list;
  }
  const std::string& arrays() const { return arrays_; }

 private:
  /// Where these bytes lie: a loop's output is most often one of its states, too, and is there once.
  std::size_t place_of(const std::vector<std::byte>& bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t hash = std::hash<std::string_view>()(text);
    const auto [first, last] = places_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (arrays_.compare(it->second, text.size(), text) == 0) return it->second;
    }
    places_.emplace(hash, arrays_.size());
    arrays_.append(text);
    return arrays_.size() - text.size();
  }

  const graph::Registry& registry_;
  std::string arrays_;
  std::unordered_multimap<std::size_t, std::size_t> places_;  ///< by the bytes' hash
};

/// Takes values out again. Nothing of it is believed.
class StateReader {
 public:
  StateReader(const graph::Registry& registry, std::string_view arrays) : registry_(registry), arrays_(arrays) {}

  graph::Value value(const Json& json, int depth = 0) const {
    constexpr int kDeepest = 16;  // lists in lists
    if (json.is_null()) return {};
    const auto type = json.at("type").get<std::string>();
    if (json.contains("places")) {
      if (depth == kDeepest) refuse_state("its lists are nested too deep");
      return graph::Value::list(element_of(type), values(json.at("places"), depth + 1));
    }
    const graph::Keeper* const keeper = registry_.keeper(type);
    if (keeper == nullptr)
      refuse_state("it holds a value of the type '" + one_line(type) + "', which nobody here keeps");
    graph::KeptParts parts;
    for (const auto& [name, part] : json.at("parts").items()) parts[name] = array(part);
    return keeper->take(parts);
  }
  std::vector<graph::Value> values(const Json& json, int depth = 0) const {
    std::vector<graph::Value> values;
    for (const Json& one : list_of(json)) values.push_back(value(one, depth));
    return values;
  }
  static const Json& list_of(const Json& json) {
    if (!json.is_array()) refuse_state("a list is due in its header");
    return json;
  }

 private:
  graph::KeptArray array(const Json& part) const {
    graph::KeptArray array{part.at("kind").get<std::string>(), {}, {}};
    for (const Json& side : list_of(part.at("shape"))) array.shape.push_back(whole_number<std::int64_t>(side));
    const auto at = whole_number<std::size_t>(part.at("at")), size = whole_number<std::size_t>(part.at("bytes"));
    if (at > arrays_.size() || size > arrays_.size() - at) refuse_state("an array lies beyond its end");
    const auto bytes = std::as_bytes(std::span(arrays_.substr(at, size)));
    array.bytes.assign(bytes.begin(), bytes.end());
    return array;
  }

  /// Of the list type of that name: "image[]".
  const graph::ValueType& element_of(const std::string& list) const {
    if (!list.ends_with("[]")) refuse_state("it holds a list of the type '" + one_line(list) + "'");
    const std::string element = list.substr(0, list.size() - 2);
    if (element.ends_with("[]")) return graph::list_of(element_of(element));
    for (const graph::ValueType* type : registry_.kept_types()) {
      if (element == type->name) return *type;
    }
    refuse_state("it holds a list of the type '" + one_line(list) + "', which nobody here keeps");
  }

  const graph::Registry& registry_;
  const std::string_view arrays_;
};

std::vector<int> ints_of(const Json& json) {
  std::vector<int> ints;
  for (const Json& one : StateReader::list_of(json)) ints.push_back(whole_number<int>(one));
  return ints;
}

/// A node by its id; an id that is not in the graph is none.
int node_of(const graph::Graph& graph, const Json& json) {
  const auto id = json.get<std::string>();
  const int node = graph.find_node(id);
  if (node < 0) refuse_state("it names the node '" + one_line(id) + "', which the graph has not");
  return node;
}

Json header_of(const StateFile& state, const graph::Graph& graph, StateWriter& writer) {
  const graph::KeptLoop& loop = state.loop;
  Json header = Json::object();
  for (const auto& [name, text] : state.key) header["key"][name] = text;
  header["turn"] = loop.turn;
  header["turns"] = loop.turns;
  header["states"] = writer.values(loop.states);
  header["last"] = writer.values(loop.last);
  header["collected"] = Json::array();
  for (const auto& turns : loop.collected) header["collected"].push_back(writer.values(turns));
  header["slots"] = Json::array();
  for (const graph::KeptSlot& slot : loop.slots)
    header["slots"].push_back(
        {{"node", graph.nodes[slot.node].id}, {"element", slot.element}, {"value", writer.value(slot.value)}});
  header["picks"] = Json::array();
  for (const graph::Pick& pick : loop.picks)
    header["picks"].push_back({{"node", graph.nodes[pick.node].id},
                               {"name", pick.name},
                               {"turns", pick.turns},
                               {"element", pick.element},
                               {"item", pick.item},
                               {"picked", pick.picked},
                               {"told", pick.told}});
  header["files"] = Json::array();
  for (const KeptFile& file : state.files)
    header["files"].push_back(
        {{"node", file.output.node}, {"path", file.output.path}, {"bytes", file.output.bytes}, {"crc32", file.crc32}});
  return header;
}

/// What is different, so that people know what became of their hours.
void check_key(const Json& header, const StateKey& due) {
  const Json& key = header.at("key");
  for (const auto& [name, text] : due) {
    const std::string was = key.contains(name) ? key.at(name).get<std::string>() : "";
    if (was == text) continue;
    const bool tellable = was.size() <= 80 && text.size() <= 80 && !was.empty() && !text.empty() && name != "graph";
    refuse_state("it is of another " + name + (tellable ? ": was " + one_line(was) + ", is " + one_line(text) : ""));
  }
}

StateFile state_of(const Json& header, const StateReader& reader, const graph::Graph& graph) {
  StateFile state;
  graph::KeptLoop& loop = state.loop;
  loop.turn = whole_number<int>(header.at("turn"));
  loop.turns = whole_number<int>(header.at("turns"));
  loop.states = reader.values(header.at("states"));
  loop.last = reader.values(header.at("last"));
  for (const Json& turns : StateReader::list_of(header.at("collected"))) loop.collected.push_back(reader.values(turns));
  for (const Json& slot : StateReader::list_of(header.at("slots")))
    loop.slots.push_back(
        {node_of(graph, slot.at("node")), ints_of(slot.at("element")), reader.value(slot.at("value"))});
  for (const Json& pick : StateReader::list_of(header.at("picks")))
    loop.picks.push_back({node_of(graph, pick.at("node")), pick.at("name").get<std::string>(),
                          ints_of(pick.at("turns")), ints_of(pick.at("element")),
                          whole_number<std::int64_t>(pick.at("item")),
                          pick.at("picked").get<std::vector<std::string>>(), pick.at("told").get<bool>()});
  for (const Json& file : StateReader::list_of(header.at("files")))
    state.files.push_back({{graph.nodes[node_of(graph, file.at("node"))].id, file.at("path").get<std::string>(),
                            whole_number<std::uint64_t>(file.at("bytes"))},
                           whole_number<std::uint32_t>(file.at("crc32"))});
  return state;
}

template <class Number>
void append_number(std::string& text, Number number) {
  text.append(reinterpret_cast<const char*>(&number), sizeof number);
}
template <class Number>
Number number_at(std::string_view text, std::size_t at) {
  Number number{};
  std::memcpy(&number, text.data() + at, sizeof number);
  return number;
}

}  // namespace

std::string write_state(const StateFile& state, const graph::Graph& graph, const graph::Registry& registry) {
  StateWriter writer(registry);
  const std::string header = header_of(state, graph, writer).dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string text(kStateFormat);
  text.reserve(kStateFormat.size() + kLength + header.size() + writer.arrays().size() + kSum);
  append_number(text, static_cast<std::uint64_t>(header.size()));
  text += header;
  text += writer.arrays();
  append_number(text, crc32_of(text));
  return text;
}

StateFile read_state(const std::string& text, const StateKey& due, const graph::Graph& graph,
                     const graph::Registry& registry) {
  const std::string_view all(text);
  if (!all.starts_with(kStateFormat)) refuse_state("it is no checkpoint, or one of another version of the program");
  if (all.size() < kStateFormat.size() + kLength + kSum) refuse_state("it is cut off");
  const std::size_t end = all.size() - kSum;
  if (number_at<std::uint32_t>(all, end) != crc32_of(text.substr(0, end))) refuse_state("it is cut off or damaged");
  const std::size_t begin = kStateFormat.size() + kLength;
  const auto length = number_at<std::uint64_t>(all, kStateFormat.size());
  if (length > end - begin) refuse_state("its header is longer than the file");
  try {
    const Json header = parse_json(text.substr(begin, length));
    check_key(header, due);
    return state_of(header, StateReader(registry, all.substr(begin + length, end - begin - length)), graph);
  } catch (const Json::exception& e) {
    refuse_state(std::string("its header is not as it is written: ") + e.what());
  } catch (const std::runtime_error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    refuse_state(e.what());
  }
}

}  // namespace observers
