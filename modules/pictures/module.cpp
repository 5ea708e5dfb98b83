// SPDX-License-Identifier: MIT
// The module of the picture nodes: what program/picture_nodes.h promises.
#include <opencv2/core/utility.hpp>

#include "graph/type_text.h"
#include "imaging/out_of_memory.h"
#include "modules/pictures/saved_picture.h"
#include "nodes/register.h"
#include "program/picture_nodes.h"

namespace modules {
namespace {

class Pictures final : public program::PictureNodes {
 public:
  explicit Pictures(const program::SideOf& side_of) { nodes::register_pictures(types_, side_of); }

  const graph::Registry& types() const override { return types_; }
  void add_saved_picture(graph::Registry& registry,
                         const std::shared_ptr<const program::SavedFiles>& files) const override {
    registry.add<SavedPicture>(files);
  }
  bool is_out_of_memory(const std::exception& error) const override { return imaging::is_out_of_memory(error); }
  std::string opencv_version() const override { return cv::getVersionString(); }

 private:
  graph::Registry types_;
};

}  // namespace
}  // namespace modules

extern "C" void decoupage_type_text(std::string& text) {
  text = graph::type_text(modules::Pictures(nullptr).types());
}

extern "C" program::PictureNodes* decoupage_picture_nodes(const program::SideOf& side_of) {
  // A node call is one thread's: OpenCV's own would wait inside a call and take up another node's meanwhile.
  cv::setNumThreads(1);
  return new modules::Pictures(side_of);
}
