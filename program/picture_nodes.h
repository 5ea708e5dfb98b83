// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "graph/registry.h"

namespace program {

/// The files that a run saved: by the node that saved it, and the first item of its group.
using SavedFiles = std::map<std::pair<int, std::int64_t>, std::string>;

/// What the module of the picture nodes gives (modules/pictures): what computes on pictures and needs no model.
class PictureNodes {
 public:
  virtual ~PictureNodes() = default;

  static constexpr const char* kSavedPicture = "saved-picture";

  /// Its node types. Thread-safe.
  virtual const graph::Registry& types() const = 0;

  /// Adds the type kSavedPicture, which sends the picture that another run saved: an output `image`, a property
  /// `saver`, the node that saved it, and `point`, a text that gives the node its scope. The file is that of its first
  /// item.
  virtual void add_saved_picture(graph::Registry& registry, const std::shared_ptr<const SavedFiles>& files) const = 0;

  /// Whether what was thrown says that memory ran out. Thread-safe.
  virtual bool is_out_of_memory(const std::exception& error) const = 0;

  /// "4.6.0"
  virtual std::string opencv_version() const = 0;
};

/// The side, in px, of the pictures that a model is made for.
using SideOf = std::function<int(const std::string& model)>;

/// The module's entry point, named decoupage_picture_nodes. OpenCV computes on the thread that calls it from then on.
/// `side_of` is asked from any thread. The caller owns what it gives. Modules is who calls it.
using MakePictureNodes = PictureNodes*(const SideOf& side_of);

}  // namespace program
