// SPDX-License-Identifier: MIT
/// layer-labels: the cells of a picture's latents by the layer that is seen most in them, as regions, for match and
/// collage: each region of others is cut where layers meet. What no layer covers is a region, too.
///
/// Errors   layers that are not composed; labels of another size than the canvas has cells
#include <map>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <utility>

#include "graph/registry.h"
#include "nodes/layers/composed.h"

namespace nodes {
namespace {

constexpr int kCellSide = 8;  ///< px

class LayerLabels final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Layer>> kLayers{"layers", "N of compose-layers, (8h,8w)"};
  static constexpr graph::In<Labels> kLabelsIn{"labels", "(h,w) i32: regions to be cut where layers meet", true};
  static constexpr graph::Out<Labels> kLabels{"labels", "(h,w) i32"};
  static graph::Contract contract() {
    return graph::Contract("layer-labels", "Regions of latents, each of one layer.", kLayers, kLabelsIn, kLabels)
        .family("layers")
        .example("cut: {type: layer-labels, in: {layers: all.layers, labels: regions.labels}}");
  }

  explicit LayerLabels(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    const std::vector<Layer> layers = composed_layers(cx.get(kLayers));
    const Labels* const others = cx.find(kLabelsIn);
    const std::vector<int> owners = owners_of(layers);
    const cv::Size cells = cells_of(layers);
    if (others != nullptr && (others->map->width != cells.width || others->map->height != cells.height))
      throw std::runtime_error("the labels are of " + std::to_string(others->map->width) + " x " +
                               std::to_string(others->map->height) + " cells, and the layers of " +
                               std::to_string(cells.width) + " x " + std::to_string(cells.height));
    std::map<std::pair<int, int>, std::int32_t> known;  // by owner and other region
    std::vector<std::int32_t> ids;
    for (std::size_t i = 0; i < owners.size(); ++i) {
      const std::pair key{owners[i], others == nullptr ? 0 : others->map->ids[i]};
      ids.push_back(known.emplace(key, static_cast<std::int32_t>(known.size())).first->second);
    }
    cx.send(
        kLabels,
        Labels{std::make_shared<const imaging::Labels>(imaging::labels_of(std::move(ids), cells.height, cells.width))});
  }

 private:
  static cv::Size cells_of(const std::vector<Layer>& layers) {
    return {layers.front().visible.cols / kCellSide, layers.front().visible.rows / kCellSide};
  }

  /// Of each cell the layer, or -1.
  static std::vector<int> owners_of(const std::vector<Layer>& layers) {
    const cv::Size cells = cells_of(layers);
    std::vector<int> owners(static_cast<std::size_t>(cells.area()), -1);
    std::vector<double> most(owners.size(), 0);
    for (std::size_t k = 0; k < layers.size(); ++k) {
      cv::Mat means;
      cv::resize(layers[k].visible, means, cells, 0, 0, cv::INTER_AREA);
      for (std::size_t i = 0; i < owners.size(); ++i) {
        const double mean = means.at<double>(static_cast<int>(i) / cells.width, static_cast<int>(i) % cells.width);
        if (mean <= most[i]) continue;
        most[i] = mean;
        owners[i] = static_cast<int>(k);
      }
    }
    return owners;
  }
};

}  // namespace

void register_layer_labels(graph::Registry& registry) {
  registry.add<LayerLabels>();
}

}  // namespace nodes
