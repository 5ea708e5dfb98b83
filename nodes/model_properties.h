// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "graph/contract.h"
#include "graph/file_list.h"

/// Properties that mean the same in every node that uses a model.
namespace nodes {

inline constexpr graph::Prop<graph::Path> kModel{
    .name = "model",
    .help =
        "a folder in the diffusers layout, a .safetensors checkpoint, a hub id (organisation/name or "
        "organisation/name@revision) that is in the Hugging Face cache, or embedded",
    .value = "embedded",
    .feedable = false};
inline constexpr graph::Prop<std::string> kLora{
    .name = "lora",
    .help =
        "LoRA files, fused into the model: style.safetensors, other.safetensors=0.5; a name with a comma in double "
        "quotes",
    .value = "",
    .feedable = false,
    .files = true};
/// The property's text. Throws graph::PropertyError when it is not a list of files.
inline std::string lora_of(const graph::Props& props) {
  return props.get(kLora, [](const std::string& list) {
    graph::file_list(list);
    return list;
  });
}
inline constexpr graph::Prop<graph::Path> kVae{
    .name = "vae",
    .help = "an autoencoder in the place of the model's own: a folder, a file, a hub id",
    .value = "",
    .feedable = false};
inline constexpr graph::Prop<int> kTile{
    .name = "tile",
    .help = "pictures with a longer side are coded in overlapping tiles of this size, which bounds memory; 0: never",
    .value = 1536,
    .min = 0,
    .max = 65536,
    .unit = "px"};

}  // namespace nodes
