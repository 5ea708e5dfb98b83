// SPDX-License-Identifier: MIT
/// save-tensor: a value of any type as an .npz file, as numpy reads it: what graphs are looked into with.
///
/// Arrays   by type in docs/command-line.md, Values in files, as nodes/keeping.cpp writes them; of a list each with its
///          place behind its name: `image_0`
/// Errors   a type that is none of these: the error lists them
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/keeping.h"

namespace nodes {
namespace {

class SaveTensor final : public graph::Node {
 public:
  static constexpr graph::In<graph::Value> kValue{"value", "of any type"};
  static constexpr graph::Prop<graph::Pattern> kPath{
      .name = "path", .help = "of the .npz file, below the output folder", .value = "{node}-{item:04}.npz"};
  static graph::Contract contract() {
    return graph::Contract("save-tensor", "Writes a value as an .npz file.", kValue, kPath)
        .family("files")
        .resource("io")
        .example("keep: {type: save-tensor, path: latents.npz, in: {value: denoise.latents}}");
  }

  explicit SaveTensor(const graph::Props& props) : path_(props.get(kPath)) {
    if (!path_.text.ends_with(".npz"))
      throw graph::PropertyError(kPath.name,
                                 "'" + path_.text + "' has another ending than .npz, the format that is written");
  }

  void process(graph::Context& cx) const override {
    const graph::Value& value = cx.get(kValue);
    const tensors::Npz npz = arrays_of(value.type(), leaves_of(value));
    cx.write_file(cx.expand(path_), tensors::npz_bytes(npz));
  }

 private:
  const graph::Pattern path_;
};

}  // namespace

void register_save_tensor(graph::Registry& registry) {
  registry.add<SaveTensor>();
}

}  // namespace nodes
