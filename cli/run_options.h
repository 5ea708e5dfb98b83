// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/fresh_folders.h"
#include "graph/run.h"

namespace CLI {
class App;
}
namespace program {
class ModelNodes;
class Modules;
}  // namespace program

namespace cli {

/// --device, --dtype and --convolutions: where, in which dtype and how models compute.
class DeviceOptions {
 public:
  void add_to(CLI::App& app, const std::string& group);
  /// Throws UsageError for what there is not.
  void set_up(program::ModelNodes& models) const;
  /// Whether they say anything at all.
  bool given() const { return device_ != "auto" || dtype_ != "auto" || convolutions_ != "auto"; }

 private:
  std::string device_ = "auto", dtype_ = "auto", convolutions_ = "auto";
};

/// The options that say how the engine runs: lanes, threads, limits, which change nothing that comes out; and where and
/// in which dtype models compute, which changes it by rounding.
class EngineOptions {
 public:
  void add_to(CLI::App& app);
  /// Throws UsageError for a --limit of another form.
  graph::RunOptions read() const;
  /// Loads what makes the plan's nodes and sets it up: --device and --dtype, and what lanes carry, for which it sets
  /// options. What it gives, or null, lives as long as the run. Throws UsageError for what there is not.
  std::unique_ptr<graph::LaneHooks> set_up(const std::shared_ptr<program::Modules>& modules, const graph::Plan& plan,
                                           graph::RunOptions& options, bool deterministic) const;
  bool deterministic() const { return deterministic_; }

 private:
  DeviceOptions device_;
  bool deterministic_ = false;
  std::string lanes_ = "auto", memory_;
  std::vector<std::string> limits_;
  int threads_ = 0, max_batch_ = 0, max_failures_ = 0;
  double watchdog_ = 10;
};

/// "2/4" is the second of four: index 1, count 4. False for any other form.
bool parse_shard(const std::string& text, int& index, int& count);

/// "90s", "15m", "2h", "1.5d"; "" is no limit, 0. Throws UsageError for any other form.
std::chrono::milliseconds time_limit(const std::string& text);

/// observers::default_output_dir, its errors as UsageError; `fresh` gets what was made.
std::string claim_folder(const std::string& graph_name, FreshFolders& fresh);

}  // namespace cli
