// SPDX-License-Identifier: MIT
#pragma once

#include "graph/registry.h"

/// A plugin is a shared library with one entry point that registers node types:
///   DECOUPAGE_PLUGIN(registry) { registry.add<Sepia>(); }
/// It also carries the ABI that it was built for; the engine refuses another before any of its code runs.
namespace graph {

/// Changes whenever a class that a plugin sees changes its layout or meaning.
inline constexpr int kPluginAbi = 5;

/// "decoupage-abi-5 gcc-12 libstdc++-cxx11 …": everything that must agree between the program and a plugin.
#define DECOUPAGE_ABI_STRINGIFY_(x) #x
#define DECOUPAGE_ABI_STRINGIFY(x) DECOUPAGE_ABI_STRINGIFY_(x)
#define DECOUPAGE_ABI                                                                                             \
  "decoupage-abi-5 cxxabi-" DECOUPAGE_ABI_STRINGIFY(__GXX_ABI_VERSION) " cxx11-strings-" DECOUPAGE_ABI_STRINGIFY( \
      _GLIBCXX_USE_CXX11_ABI)
static_assert(kPluginAbi == 5, "DECOUPAGE_ABI spells the number");

}  // namespace graph

#define DECOUPAGE_PLUGIN(registry)                                                                     \
  extern "C" __attribute__((visibility("default"))) const char decoupage_plugin_abi[] = DECOUPAGE_ABI; \
  extern "C" __attribute__((visibility("default"))) void decoupage_register_plugin(graph::Registry& registry)
