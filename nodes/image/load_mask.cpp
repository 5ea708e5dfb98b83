// SPDX-License-Identifier: MIT
/// load-mask: a picture file as a mask: its lightness, or how opaque or transparent it is. A picture with a hole cut
/// into it is its own mask: channel: transparency.
///
/// Errors   a file that is not there, damaged or too large (decoupage limits); channel: transparency of a picture that
/// is
///          opaque everywhere
#include <opencv2/core.hpp>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/alpha.h"
#include "imaging/files/picture.h"
#include "imaging/files/picture_files.h"
#include "imaging/masks.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class LoadMask final : public graph::Node {
 public:
  static constexpr graph::Out<Mask> kMask{"mask", "(H,W) f32 in [0,1]"};
  static constexpr graph::Prop<graph::Path> kPath{.name = "path", .help = "a picture"};
  static constexpr graph::Prop<std::string> kChannel{.name = "channel",
                                                     .help = "what counts: how light, how opaque or how transparent",
                                                     .value = "lightness",
                                                     .choices = "lightness|opacity|transparency"};
  static graph::Contract contract() {
    return graph::Contract("load-mask", "Reads a picture file as a mask.", kMask, kPath, kChannel)
        .family("image")
        .resource("io")
        .example("mask: {type: load-mask, path: mask.png}");
  }

  explicit LoadMask(const graph::Props& props) : path_(props.get(kPath).text), channel_(props.get(kChannel)) {}

  void open() override {
    const std::vector<std::string> files = imaging::find_pictures(path_, false);
    if (files.size() != 1) throw std::runtime_error("'" + path_ + "' is not one picture");
    path_ = files.front();
  }

  void process(graph::Context& cx) const override { cx.send(kMask, Mask{imaging::mask_of_bytes(bytes())}); }

 private:
  cv::Mat bytes() const {
    if (channel_ == "lightness") return imaging::lightness(imaging::read_pixels(path_));
    const cv::Mat alpha = imaging::read_alpha(path_);
    if (channel_ == "opacity") return alpha;
    double least = 0;
    cv::minMaxLoc(alpha, &least);
    if (least == 255) throw std::runtime_error(path_ + ": the picture is opaque everywhere: give a mask of its own");
    return 255 - alpha;
  }

  std::string path_;
  const std::string channel_;
};

}  // namespace

void register_load_mask(graph::Registry& registry) {
  registry.add<LoadMask>();
}

}  // namespace nodes
