// SPDX-License-Identifier: MIT
/// to-rendering: a picture as numbers on the run's device, where it can be compared with what a loop optimises.
#include "graph/registry.h"
#include "nodes/picture_tensors.h"
#include "nodes/services.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class ToRendering final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Rendering> kRendering{"rendering", "(1,3,H,W) f32 in [0,1]"};
  static graph::Contract contract() {
    return graph::Contract("to-rendering", "A picture as a rendering.", kImage, kRendering)
        .family("learning")
        .resource("gpu")
        .example("target: {type: to-rendering, in: {image: photo.image}}");
  }

  ToRendering(const graph::Props& /*props*/, const std::shared_ptr<Services>& services) : services_(services) {}

  void foresee(graph::Outlook& outlook) const override { outlook.out(kRendering, outlook.in(kImage)); }

  void process(graph::Context& cx) const override {
    const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
    cx.send(kRendering, Rendering{to_tensor(cx.get(kImage)).to(services_->device())});
  }

 private:
  const std::shared_ptr<Services> services_;
};

}  // namespace

void register_to_rendering(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<ToRendering>(services);
}

}  // namespace nodes
