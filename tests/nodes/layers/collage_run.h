// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "graph/load.h"
#include "graph/run.h"
#include "tests/methods/layering/layering_data.h"
#include "tests/nodes/fixtures.h"

/// Runs configs/collage_diffusion.yaml of one item and keeps what it sends.
namespace reference {

/// What ports sent, one after the other.
using Sent = std::map<std::string, std::vector<graph::Value>>;

inline std::vector<graph::Assignment> collage_assignments(const graph::Graph& graph, const nlohmann::json& settings) {
  std::vector<graph::Assignment> assignments;
  for (const auto& [name, value] : settings.items()) {
    const int param = graph.find_param(name);
    if (param < 0) throw std::logic_error("no param " + name);
    graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
    const graph::Kind kind = graph.params[static_cast<std::size_t>(param)].kind;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (kind == graph::Kind::kData) assignment.values.emplace_back(graph::parse_data(value.dump(), "--" + name));
    else assignment.values.emplace_back(graph::parse_scalar(kind, text));
    assignments.push_back(std::move(assignment));
  }
  return assignments;
}

inline Sent run_collage(const nlohmann::json& settings, const std::vector<std::string>& ports) {
  const std::filesystem::path file = std::filesystem::path(SOURCE_DIR) / "configs/collage_diffusion.yaml";
  const auto graph =
      std::make_shared<const graph::Graph>(graph::check(graph::load_file(file.string()), built_in(), {}));
  const graph::Plan plan(graph, collage_assignments(*graph, settings));
  graph::RunOptions options;
  options.lanes = 1;
  options.output_dir =
      (std::filesystem::temp_directory_path() / ("decoupage_layers_" + std::to_string(::getpid()))).string();
  Sent sent;
  for (const std::string& port : ports)
    options.taps.push_back(
        {port, [&sent, port](const graph::Item&, const graph::Value& v) { sent[port].push_back(v); }});
  const graph::RunReport report = graph::run(plan, options);
  std::filesystem::remove_all(options.output_dir);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.node << ": " << failure.what;
  return sent;
}

/// A request of the original and what runs.json says of the run, by the params' names.
inline nlohmann::json collage_settings(const std::string& name) {
  const nlohmann::json run = layers_json("runs.json")[name];
  nlohmann::json request = layers_json(run["request"].get<std::string>());
  for (nlohmann::json& layer : request["layers"]) {
    layer["originalImgUrl"] = layers(layer["originalImgUrl"]).string();
    if (layer["wordEmbedding"].is_null()) continue;
    const std::filesystem::path embedding(layer["wordEmbedding"].get<std::string>());
    // The original's pickles are beside the same as .safetensors.
    const std::string stem = embedding.stem().stem().string() + ".safetensors";
    layer["wordEmbedding"] =
        (run.contains("embeddings") ? sdxl("mini") / "embeddings" / stem : layers("embeddings/" + stem)).string();
  }
  std::string nets;
  for (const nlohmann::json& net : run["controlnets"])
    nets += (nets.empty() ? "" : ", ") + layers(net.get<std::string>()).string();
  const std::string rules = run["rules"];
  nlohmann::json settings{{"prompt", request["prompt"]},
                          {"layers", request["layers"]},
                          {"num_inference_steps", request["numInferenceSteps"]},
                          {"guidance_scale", request["guidanceScale"]},
                          {"seed", request["seed"]},
                          {"width", run["canvas"][0]},
                          {"height", run["canvas"][1]},
                          {"noise_blur", run["noise_blur"]},
                          {"prompt_suffix", run["prompt_suffix"]},
                          {"negative_prompt", run["negative_prompt"]},
                          {"attention_control", run["attention"]},
                          {"controlnets", nets},
                          {"compat", rules == "fix" ? "fix" : "ref"},
                          {"model", (run.contains("model") ? sdxl("mini") / "model" : layers("model")).string()}};
  if (rules.ends_with("B")) settings["noise_map"] = "b";
  if (request.contains("collageSrc")) settings["background"] = layers(request["collageSrc"]).string();
  if (run.contains("sigma_index")) settings["sigma_index"] = run["sigma_index"];
  if (run.contains("control_strengths") && !run["control_strengths"].empty())
    settings["control_strengths"] = run["control_strengths"];
  if (run.contains("guess_mode")) settings["guess_mode"] = run["guess_mode"];
  if (run.contains("schedule")) settings["weight_schedule"] = "log";
  return settings;
}

}  // namespace reference
