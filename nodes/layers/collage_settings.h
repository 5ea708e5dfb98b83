// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/registry.h"
#include "graph/shape.h"
#include "methods/layering/layer.h"
#include "nodes/values.h"

/// The settings of load-collage.
namespace nodes {

graph::Shape collage_layers_shape();
/// For each ControlNet a strength for each layer.
graph::Shape control_strengths_shape();

/// What is wrong with a collage's settings, each at its place.
class CollageFaults {
 public:
  /// `what` begins with the property: "layers[2].image: …".
  void add(const std::string& what, const graph::Mark& mark = {}) { faults_.push_back({mark, what}); }
  bool any() const { return !faults_.empty(); }
  /// Throws graph::DataFaults.
  void throw_if_any() const {
    if (any()) throw graph::DataFaults(faults_);
  }

 private:
  std::vector<graph::Fault> faults_;
};

/// Where a collage is looked for, and what it lies on.
struct CollageGround {
  std::int64_t width, height;  ///< px
  std::string folder;          ///< of pictures whose places are addresses, or are not there; "": there is none
  bool tunes;
  std::size_t nets;  ///< ControlNets
};

/// The layers of a collage. Notes what is wrong with settings of the shape; reads no file before open().
class CollageLayers {
 public:
  CollageLayers(const graph::Data& layers, CollageGround ground, CollageFaults& faults);

  /// Reads the pictures and masks, cuts them out and sees where they come to lie. Notes those that are not there, cover
  /// nothing, lie beside the canvas or behind other layers.
  void open();

  const std::vector<Layer>& layers() const { return layers_; }
  /// The place of a field as it is written, or of its layer: for messages.
  const graph::Mark& mark(std::size_t layer, const char* field) const;

 private:
  layering::Layer read(std::size_t i) const;
  void read_source(std::size_t i, layering::Layer& layer) const;
  void read_placement(std::size_t i, layering::Layer& layer) const;
  void read_polygon(std::size_t i, layering::Layer& layer) const;
  void read_hints(std::size_t i, layering::Layer& layer) const;
  /// A file as it is written, or in the folder for what is an address. Notes a fault where there is no folder.
  std::string file_of(std::size_t i, const char* field) const;
  /// The same where it is not there, and a file of its name is in the folder.
  std::string in_folder(const std::string& path) const;
  std::string one_picture(std::size_t i, const char* field, const std::string& path) const;
  void fault(std::size_t i, const char* field, const std::string& what) const;
  void open_layer(std::size_t i);
  void check_seen() const;

  const graph::Data data_;
  const CollageGround ground_;
  CollageFaults& faults_;
  std::vector<Layer> layers_;
};

}  // namespace nodes
