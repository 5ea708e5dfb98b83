// SPDX-License-Identifier: MIT
#pragma once

#include "graph/mark.h"
#include "graph/testing/node_harness.h"
#include "imaging/files/picture.h"
#include "imaging/files/png.h"
#include "nodes/register.h"
#include "nodes/values.h"
#include "tests/imaging/fixtures.h"

/// Every built-in node type.
inline const graph::Registry& built_in() {
  static const graph::Registry kRegistry = [] {
    graph::Registry registry;
    nodes::register_all(registry);
    return registry;
  }();
  return kRegistry;
}

/// A picture of one colour.
inline nodes::Image flat(int width, int height, double red, double green = 0, double blue = 0) {
  return {cv::Mat(height, width, CV_32FC3, cv::Scalar(red, green, blue))};
}

inline graph::Item item_of(int index, const std::vector<graph::Item::Param>& params, const std::string& label = "") {
  return {.index = index, .params = params, .label = label};
}

inline std::string refusal_of(const std::string& type, const graph::NodeHarness::Pairs& props) {
  return thrown_by([&] { graph::NodeHarness(built_in(), type, props).open(); });
}
