// SPDX-License-Identifier: MIT
/// save-metadata: what a picture was made with and what happened on the way, as a JSON file.
///
/// Entries  log → projection_events; bank → patch_bank_shape, [patches, numbers in each]; matches →
///          assignment_grid_shape, [cells high, cells wide]; params by the `section` that the graph file gives them,
///          those of none under "params"
/// Notes    it is written whatever came, so its inputs are optional
/// Errors   a file that cannot be written fails the item
/// Source   CollageNet's metadata files
#include <nlohmann/json.hpp>
#include <span>

#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const graph::Scalar& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  return graph::to_text(value);
}

class SaveMetadata final : public graph::Node {
 public:
  static constexpr graph::In<Log> kLog{"log", "of projection-log", true};
  static constexpr graph::In<Bank> kBank{"bank", "that was matched against", true};
  static constexpr graph::In<matching::Matches> kMatches{"matches", "of the last projection", true};
  static constexpr graph::Prop<graph::Pattern> kPath{
      .name = "path", .help = "name of the file below the output folder", .value = "{node}-{item:04}.json"};
  static graph::Contract contract() {
    return graph::Contract("save-metadata", "Writes settings and events as a JSON file.", kLog, kBank, kMatches, kPath)
        .family("files")
        .resource("io")
        .example("metadata: {type: save-metadata, path: \"{seed:04}.json\", in: {log: denoise.log}}");
  }

  explicit SaveMetadata(const graph::Props& props) : path_(props.get(kPath)) {}

  void process(graph::Context& cx) const override {
    Json json;
    for (const graph::Item::Param& param : cx.item().params) {
      json[param.section.empty() ? "params" : param.section][param.name] = to_json(param.value);
    }
    if (const Bank* bank = cx.find(kBank)) {
      json["patch_bank_shape"] = {bank->bank->raw.size(0), bank->bank->raw.size(1)};
    }
    if (const matching::Matches* matches = cx.find(kMatches)) {
      json["assignment_grid_shape"] = {matches->labels->height, matches->labels->width};
    }
    Json& events = json["projection_events"] = Json::array();
    if (const Log* log = cx.find(kLog)) {
      for (const std::string& entry : log->entries) events.push_back(Json::parse(entry));
    }
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    cx.write_file(cx.expand(path_), std::as_bytes(std::span(text)));
  }

 private:
  const graph::Pattern path_;
};

}  // namespace

void register_save_metadata(graph::Registry& registry) {
  registry.add<SaveMetadata>();
}

}  // namespace nodes
