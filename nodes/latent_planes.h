// SPDX-License-Identifier: MIT
#pragma once

#include "graph/node.h"
#include "imaging/regions/labels.h"
#include "nodes/values.h"

namespace nodes {

/// latents.host(); the time that the copy takes, if any, is noted in `cx`.
at::Tensor host_of(graph::Context& cx, const Latents& latents);

/// Latents of one picture as imaging takes them: on the CPU, f32, contiguous. From a GPU they are copied on the current
/// stream; nothing else waits.
struct LatentPlanes {
  at::Tensor tensor;  ///< (1,C,h,w); owns the numbers
  imaging::Planes planes;
};

/// The time that the copy takes is noted in `cx`. Throws std::runtime_error for latents of several pictures: "…;
/// `cure`".
LatentPlanes planes_of(graph::Context& cx, const Latents& latents, const char* cure);

}  // namespace nodes
