// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/imgcodecs.hpp>

#include "tests/methods/layering/layering_data.h"
#include "tests/nodes/fixtures.h"

/// Layers for the tests of the nodes that take them.
namespace nodes {

/// A square of one colour on a canvas of 16 × 16 px, as place-layer sends it.
inline Layer placed_square(std::size_t index, cv::Rect where, double noise = 0.8, unsigned char alpha = 255) {
  Layer layer{.layer = std::make_shared<const layering::Layer>(
                  layering::Layer{.name = "layers[" + std::to_string(index) + "]", .index = index, .text = "moon"})};
  layer.pixels = cv::Mat(16, 16, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  layer.pixels(where).setTo(cv::Scalar(10, 20, 30, alpha));
  layer.strengths = {.noise = noise, .attention = 0.5, .negative_attention = 0.25, .edge = 0.5};
  return layer;
}

inline graph::List<Layer> layer_list(std::vector<Layer> layers) {
  return graph::List<Layer>(std::move(layers));
}

/// What compose-layers sends of them.
inline graph::NodeHarness composed(std::vector<Layer> layers, const graph::NodeHarness::Pairs& props = {}) {
  graph::NodeHarness node(built_in(), "compose-layers", props);
  node.in("layers", layer_list(std::move(layers))).run();
  return node;
}

/// An opaque picture in a file.
inline std::string picture_file(const Folder& folder, const std::string& name, int width = 8, int height = 8) {
  const std::string path = folder.path(name);
  cv::imwrite(path, cv::Mat(height, width, CV_8UC3, cv::Scalar(30, 20, 10)));
  return path;
}

}  // namespace nodes
