// SPDX-License-Identifier: MIT
/// load-tensor: an array of an .npz or .safetensors file as a value.
///
/// Ports    value out: what `as` says: latents (B,C,h,w) f32, or an image (H,W,3) f32 RGB in [0,1] from (1,3,H,W) or
///          (3,H,W)
/// Props    path; key: the array's name; as: latents or image
/// Errors   a file that is not there or damaged, no array of that name, a shape that is none of the above, numbers that
///          are none: refused when the node is opened
/// YAML     start: {type: load-tensor, path: latents.npz, key: latents, as: latents}
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/model_nodes.h"
#include "tensors/npz.h"
#include "tensors/safetensors.h"

namespace nodes {
namespace {

class LoadTensor final : public graph::Node {
 public:
  static constexpr graph::Out<graph::Value> kValue{"value", "what `as` says", "as"};
  static constexpr graph::Prop<graph::Path> kPath{.name = "path", .help = "an .npz or .safetensors file"};
  static constexpr graph::Prop<std::string> kKey{
      .name = "key", .help = "name of the array in the file; empty: the name in `as`", .value = ""};
  static constexpr graph::Prop<std::string> kAs{
      .name = "as", .help = "type of the value", .value = "latents", .choices = "latents|image"};
  static graph::Contract contract() {
    return graph::Contract("load-tensor", "Reads an array of an .npz or .safetensors file.", kValue, kPath, kKey, kAs)
        .family("files")
        .resource("io")
        .example("start: {type: load-tensor, path: latents.npz, key: latents, as: latents}");
  }

  LoadTensor(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services), path_(props.get(kPath).text), as_(props.get(kAs)), key_(props.get(kKey)) {
    if (key_.empty()) key_ = as_;
  }

  void open() override {
    at::Tensor tensor = path_.ends_with(".safetensors") ? tensors::SafetensorsFile(path_).tensor(key_)
                                                        : tensors::read_npz(path_).at(key_, path_);
    tensor = tensor.to(at::kFloat);
    if (tensor.dim() == 3) tensor = tensor.unsqueeze(0);
    if (tensor.dim() != 4 || tensor.numel() == 0 || (as_ == "image" && (tensor.size(0) != 1 || tensor.size(1) != 3))) {
      throw std::runtime_error(path_ + ": '" + key_ + "' has the shape " + c10::str(tensor.sizes()) + "; " + as_ +
                               (as_ == "image" ? " has (1, 3, H, W)" : " have (B, C, h, w)"));
    }
    if (!tensor.isfinite().all().item<bool>())
      throw std::runtime_error(path_ + ": '" + key_ + "' holds what is no number (NaN or infinite)");
    if (as_ == "image") value_ = graph::Value::of(to_image(tensor));
    else value_ = graph::Value::of(Latents{tensor.clone().to(services_->device())});
  }

  void process(graph::Context& cx) const override { cx.send(kValue, value_); }

 private:
  const std::shared_ptr<Services> services_;
  const std::string path_, as_;
  std::string key_;
  graph::Value value_;
};

}  // namespace

void register_load_tensor(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<LoadTensor>(services);
}

}  // namespace nodes
