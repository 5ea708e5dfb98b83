// SPDX-License-Identifier: MIT
/// image-grid: the pictures of a list on one, row by row in their order: what an each made, or what a loop collected. A
/// place where nothing came is a grey cell, so that the others keep theirs.
///
/// Errors   a background that is not a colour: refused when the node is opened; an empty list fails the item
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/contact_sheet.h"
#include "imaging/resize.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class ImageGrid final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Image>> kImages{"images", "N pictures (H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Image> kGrid{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<int> kColumns{
      .name = "columns", .help = "0: as many as make it compact", .value = 0, .min = 0, .max = 1000};
  static constexpr graph::Prop<int> kCell{.name = "cell",
                                          .help = "longer side of a picture; none is enlarged",
                                          .value = 256,
                                          .min = 16,
                                          .max = 4096,
                                          .unit = "px"};
  static constexpr graph::Prop<int> kGap{
      .name = "gap", .help = "between the pictures and around them", .value = 12, .min = 0, .max = 1000, .unit = "px"};
  static constexpr graph::Prop<std::string> kBackground{
      .name = "background", .help = "colour of the gaps, as #rrggbb", .value = "#f7f4ee"};
  static graph::Contract contract() {
    return graph::Contract("image-grid", "Puts the pictures of a list on one, in rows.", kImages, kGrid, kColumns,
                           kCell, kGap, kBackground)
        .family("image")
        .example("strip: {type: image-grid, columns: 8, in: {images: denoise.pictures}}");
  }

  explicit ImageGrid(const graph::Props& props)
      : layout_{.columns = props.get(kColumns),
                .cell = props.get(kCell),
                .gap = props.get(kGap),
                .labels = false,
                .title = "",
                .background = props.get(kBackground, imaging::colour_named)} {}

  void process(graph::Context& cx) const override {
    const graph::List<Image> images = cx.get(kImages);
    if (images.size() == 0) throw std::runtime_error("the list is empty: there is no picture to put on the grid");
    std::vector<imaging::SheetCell> cells;
    for (std::size_t i = 0; i < images.size(); ++i) cells.push_back({images.has(i) ? images[i].pixels : cv::Mat(), ""});
    cx.send(kGrid, Image{imaging::draw_contact_sheet(cells, layout_)});
  }

 private:
  const imaging::SheetLayout layout_;
};

}  // namespace

void register_image_grid(graph::Registry& registry) {
  registry.add<ImageGrid>();
}

}  // namespace nodes
