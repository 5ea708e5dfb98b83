// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "graph/graph.h"
#include "graph/registry.h"
#include "program/model_nodes.h"
#include "program/picture_nodes.h"

namespace program {

/// The built-in node types. Their contracts are read from descriptions, which costs nothing to speak of; the modules
/// that make the nodes, with OpenCV's codecs and libtorch under them, are loaded when somebody computes. They lie
/// beside the engine's library, each with its description, and stay loaded.
///
/// Thread-safe.
class Modules {
 public:
  /// Reads the descriptions. Throws UsageError: one is not there, or is damaged.
  Modules();
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  /// Adds the types, which make their nodes by `modules`.
  static void add_types(const std::shared_ptr<Modules>& modules, graph::Registry& registry);

  /// Whether a node of the graph is not one of the picture nodes, or asks a model for its size. Nodes of plugins count:
  /// they may use what lanes carry.
  bool need_models(const graph::Graph& graph) const;

  /// Load the module when it is not loaded yet. Throw UsageError: it is not there, cannot be loaded, or is not what its
  /// description says.
  PictureNodes& pictures();
  ModelNodes& models();

  /// For RunOptions::out_of_memory, by what is loaded.
  bool is_out_of_memory(const std::exception& error) const;

 private:
  struct Description {
    std::string file;  ///< of the module
    std::string text;
    std::size_t addresses;  ///< bytes that loading it takes, at least
  };
  static Description read_description(const std::string& name, std::size_t addresses);
  static void (*entry_point(const Description& module, const char* name))();

  const Description picture_types_, model_types_;
  std::set<std::string> picture_names_;
  std::once_flag pictures_once_, models_once_;
  std::unique_ptr<PictureNodes> pictures_;
  std::unique_ptr<ModelNodes> models_;
  std::atomic<const PictureNodes*> loaded_pictures_ = nullptr;
  std::atomic<const ModelNodes*> loaded_models_ = nullptr;
};

/// The folder of the model that the program brings along: where it was installed, or in the source tree.
std::filesystem::path embedded_model();

/// What lanes are where nothing computes with libtorch: as many as cores and items where options leave it open.
void set_plain_lanes(graph::RunOptions& options, const graph::Plan& plan, bool deterministic);

}  // namespace program
