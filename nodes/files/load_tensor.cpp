// SPDX-License-Identifier: MIT
/// load-tensor: an array of an .npz or .safetensors file as a value: latents from (B,C,h,w) or (C,h,w), an image from
/// (1,3,H,W) or (3,H,W) in [0,1], a mask from (H,W), (1,H,W) or (1,1,H,W) in [0,1], labels from (h,w), whole numbers
/// from 0 without gaps.
///
/// Errors   a file that is not there or damaged, no array of that name, another shape than the above, what is not a
///          number, a mask's weights outside of [0,1], labels below 0 or with gaps: refused when the node is opened
#include <limits>
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/picture_tensors.h"
#include "nodes/services.h"
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
      .name = "as", .help = "type of the value", .value = "latents", .choices = "latents|image|mask|labels"};
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
    const at::Tensor tensor = path_.ends_with(".safetensors") ? tensors::SafetensorsFile(path_).tensor(key_)
                                                              : tensors::read_npz(path_).at(key_, path_);
    value_ = as_ == "labels" ? labels_of(tensor)
             : as_ == "mask" ? mask_of(tensor.to(at::kFloat))
                             : numbers_of(tensor.to(at::kFloat));
  }

  void process(graph::Context& cx) const override { cx.send(kValue, value_); }

 private:
  graph::Value numbers_of(at::Tensor tensor) const {
    if (tensor.dim() == 3) tensor = tensor.unsqueeze(0);
    const bool image = as_ == "image";
    if (tensor.dim() != 4 || tensor.numel() == 0 || (image && (tensor.size(0) != 1 || tensor.size(1) != 3)))
      refuse("has the shape " + c10::str(tensor.sizes()) + "; " + as_ +
             (image ? " has (1, 3, H, W)" : " have (B, C, h, w)"));
    if (!tensor.isfinite().all().item<bool>()) refuse("holds what is not a number (NaN or infinite)");
    if (image) return graph::Value::of(to_image(tensor));
    return graph::Value::of(Latents{tensor.clone().to(services_->device())});
  }

  graph::Value mask_of(at::Tensor tensor) const {
    const std::string found = c10::str(tensor.sizes());
    while (tensor.dim() > 2 && tensor.size(0) == 1) tensor = tensor.squeeze(0);
    if (tensor.dim() != 2 || tensor.numel() == 0) refuse("has the shape " + found + "; a mask has (H, W)");
    if (!tensor.isfinite().all().item<bool>()) refuse("holds what is not a number (NaN or infinite)");
    if (tensor.min().item<double>() < 0 || tensor.max().item<double>() > 1)
      refuse("has weights from " + c10::str(tensor.min().item<double>()) + " to " +
             c10::str(tensor.max().item<double>()) + "; those of a mask are in [0, 1]");
    return graph::Value::of(to_mask(tensor));
  }

  graph::Value labels_of(const at::Tensor& tensor) const {
    if (!at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false))
      refuse("is of the type " + std::string(c10::toString(tensor.scalar_type())) +
             "; labels are whole numbers: save them as int32");
    if (tensor.dim() != 2 || tensor.numel() == 0)
      refuse("has the shape " + c10::str(tensor.sizes()) + "; labels have (h, w)");
    const at::Tensor wide = tensor.to(at::kLong).contiguous();
    if (wide.max().item<std::int64_t>() >= wide.numel())
      refuse("has the label " + std::to_string(wide.max().item<std::int64_t>()) + " in " +
             std::to_string(wide.numel()) + " cells; number the regions from 0 without gaps");
    const at::Tensor ids = wide.clamp_min(std::numeric_limits<std::int32_t>::min()).to(at::kInt);
    const auto* const begin = ids.data_ptr<std::int32_t>();
    try {
      return graph::Value::of(Labels{std::make_shared<const imaging::Labels>(imaging::labels_of(
          {begin, begin + ids.numel()}, static_cast<int>(ids.size(0)), static_cast<int>(ids.size(1))))});
    } catch (const std::invalid_argument& e) {
      refuse(std::string("holds no labels: ") + e.what());
    }
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw tensors::FileError(path_ + ": '" + key_ + "' " + what);
  }

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
