// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "graph/registry.h"

/// Node types as a text that a program keeps: from it Registry::add_described() knows the contracts without the code
/// that they are declared in, as GStreamer's registry knows the elements of plugins that it has not loaded.
///
/// A field is its length in bytes, a colon, its bytes and a line break; everything is a field, in the order of
/// Contract's members, lists with their length in front, behind the types that are kept and their
/// numbers. Types on links have their
/// name, their C++ type's, and whether they have a length; a list has its element's.
namespace graph {

/// All types of a registry, by name. The same types give the same text.
std::string type_text(const Registry& registry);

}  // namespace graph
