// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "graph/node.h"
#include "nodes/values.h"
#include "program/picture_nodes.h"

namespace modules {

/// Sends the picture that another run saved: see program::SavedPictures. Throws std::runtime_error that names a file
/// which cannot be read.
class SavedPicture final : public graph::Node {
 public:
  static constexpr graph::Out<nodes::Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<int> kSaver{.name = "saver", .help = "the node that saved it", .value = 0};
  static constexpr graph::Prop<std::string> kPoint{
      .name = "point", .help = "the values that it depends on", .value = ""};
  static graph::Contract contract() {
    return graph::Contract(program::PictureNodes::kSavedPicture, "Reads a picture that was saved.", kImage, kSaver,
                           kPoint)
        .resource("io");
  }
  SavedPicture(const graph::Props& props, const std::shared_ptr<const program::SavedFiles>& files)
      : saver_(props.get(kSaver)), files_(files) {}
  void process(graph::Context& cx) const override;

 private:
  const int saver_;
  const std::shared_ptr<const program::SavedFiles> files_;
};

}  // namespace modules
