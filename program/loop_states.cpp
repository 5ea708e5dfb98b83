// SPDX-License-Identifier: MIT
#include "program/loop_states.h"

#include <algorithm>
#include <filesystem>

#include "base/sha1.h"
#include "observers/record/loop_state_folder.h"
#include "program/usage_error.h"
#include "program/version.h"

namespace program {
namespace {

observers::StateKey key_of(const Source& source, const graph::Graph& graph) {
  std::string files = graph.name + '\n', settings, plugins;
  for (const auto& file : graph.files) files += file.second + '\n';
  for (const graph::Override& one : source.overrides)
    settings += (settings.empty() ? "" : ", ") + one.node + "." + one.property + "=" + one.text;
  for (const std::string& plugin : source.plugins)
    plugins += (plugins.empty() ? "" : ", ") + std::filesystem::path(plugin).filename().string();
  return {{"graph", base::sha1_hex(files)},
          {"--set", settings},
          {"choice of plugins", plugins},
          {"version of the program", version()},
          {"device", source.modules->models().computes_on()}};
}

}  // namespace

std::unique_ptr<graph::LoopStates> open_loop_states(const graph::Plan& plan, const Source& source,
                                                    const LoopStatesOptions& options) {
  const auto& nodes = plan.graph().regions[0].nodes;
  if (std::ranges::none_of(nodes, [&](int node) { return graph::has_checkpoint(plan.graph(), node); })) return nullptr;
  observers::LoopStateOptions states;
  states.folder = options.folder;
  states.record = options.record;
  states.resume = options.resume;
  states.shard = {options.shard_index, options.shard_count};
  states.key = key_of(source, plan.graph());
  try {
    return std::make_unique<observers::LoopStateFolder>(plan, *source.registry, std::move(states));
  } catch (const std::runtime_error& e) {
    throw UsageError(e.what());
  }
}

}  // namespace program
