// SPDX-License-Identifier: MIT
#pragma once

#include "graph/registry.h"

/// Declares the function at the end of a node type's .cpp, register_TYPE(registry) or register_TYPE(registry, shared)
/// with what its nodes share, and calls it: one line for each node type, where `registry` is at hand.
#define ADD_NODE(type, ...)                                                                   \
  void register_##type(graph::Registry& registry __VA_OPT__(, decltype(__VA_ARGS__) shared)); \
  register_##type(registry __VA_OPT__(, ) __VA_ARGS__)
