// SPDX-License-Identifier: MIT
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

#include "imaging/files/alpha.h"
#include "methods/layering/composite.h"
#include "methods/layering/layer.h"
#include "tests/reference.h"

/// The numbers of tests/data/layers/README.md.
namespace reference {

/// A file of the larger set where there is one, else of the smaller.
inline std::filesystem::path layers(const std::string& file) {
  const std::filesystem::path here = std::filesystem::path(SOURCE_DIR) / "tests/data/layers" / file;
  const std::filesystem::path larger = root() / "collage_diffusion" / file;
  return std::filesystem::exists(larger) ? larger : here;
}

inline nlohmann::json layers_json(const std::string& file) {
  std::ifstream text(layers(file));
  return nlohmann::json::parse(text);
}

inline cv::Mat layers_picture(const std::string& name) {
  return imaging::read_rgba(layers("expected/" + name + ".png").string());
}

inline std::vector<imaging::RelativePoint> ring_of(const nlohmann::json& points) {
  std::vector<imaging::RelativePoint> ring;
  for (const nlohmann::json& point : points) ring.push_back({point["x"], point["y"]});
  return ring;
}

/// A layer of a request: its cut picture and where it lies.
struct RequestLayer {
  layering::Cut cut;
  layering::Placement placement;
  double noise, edge;
};

inline std::vector<RequestLayer> request_layers(const std::string& request) {
  std::vector<RequestLayer> all;
  const nlohmann::json file = layers_json("requests/" + request + ".json");
  for (const nlohmann::json& layer : file["layers"]) {
    std::vector<std::vector<imaging::RelativePoint>> polygon;
    if (!layer["polygon"].empty()) polygon.push_back(ring_of(layer["polygon"]));
    const cv::Mat picture = imaging::read_rgba(layers(layer["originalImgUrl"]).string());
    const nlohmann::json& transform = layer["transform"];
    all.push_back({layering::cut_out(picture, polygon, {}),
                   {.x = transform["position"]["x"],
                    .y = transform["position"]["y"],
                    .scale = transform["scale"].get<double>(),
                    .rotation = transform["rotation"]},
                   layer["noiseStrength"],
                   layer["cannyStrength"]});
  }
  return all;
}

/// All of them on a canvas.
inline std::vector<cv::Mat> placed_layers(const std::string& request, int width, int height) {
  std::vector<cv::Mat> all;
  for (const RequestLayer& layer : request_layers(request))
    all.push_back(layering::placed(layer.cut, layer.placement, width, height));
  return all;
}

inline std::vector<double> noise_of(const std::string& request) {
  std::vector<double> all;
  for (const RequestLayer& layer : request_layers(request)) all.push_back(layer.noise);
  return all;
}

/// Every fourth row and column, as `…_thin` arrays have them.
inline at::Tensor thinned(const at::Tensor& t) {
  return t.slice(-2, 2, t.size(-2), 4).slice(-1, 2, t.size(-1), 4);
}

/// (H,W) of a matrix of doubles or floats.
inline at::Tensor tensor_of(const cv::Mat& matrix) {
  cv::Mat doubles;
  matrix.convertTo(doubles, CV_64F);
  return at::from_blob(doubles.data, {doubles.rows, doubles.cols}, at::kDouble).clone();
}

}  // namespace reference
