// SPDX-License-Identifier: MIT
/// contact-sheet: many pictures on one, each labelled with the swept values that made it. An item that failed or sent
/// nothing has a grey cell, so that the others keep their places.
///
/// Texts    ASCII is the same on all machines; other characters are drawn in fonts of the machine, and where none has
///          them a warning names Debian's package
/// Errors   a background that is not a colour: refused when the node is opened
/// Notes    a waiting picture is kept as its cell only, in 8 bits: memory grows by cells, not by pictures. `per:
///          [param]` makes one sheet for each of the param's values
#include "imaging/contact_sheet.h"

#include <algorithm>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "imaging/label.h"
#include "imaging/resize.h"
#include "nodes/values.h"

namespace nodes {
namespace {

constexpr int kMostColumns = 16;

// How many values of the last of several swept params stand side by side, or 0.
int swept_columns(const std::vector<const graph::Item*>& all) {
  std::vector<std::string> values;
  std::size_t swept = 0;
  for (const graph::Item* item : all) {
    std::string last;
    swept = 0;
    for (const auto& param : item->params) {
      if (param.swept) last = graph::to_text(param.value), ++swept;
    }
    if (std::ranges::count(values, last) == 0) values.push_back(last);
    if (values.size() > kMostColumns) return 0;
  }
  return swept > 1 && values.size() > 1 && all.size() % values.size() == 0 ? static_cast<int>(values.size()) : 0;
}

class ContactSheet final : public graph::Node {
 public:
  static constexpr graph::Gather<Image> kImages{"image", "(H,W,3) f32 RGB in [0,1] of each item"};
  static constexpr graph::Out<Image> kSheet{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<int> kColumns{
      .name = "columns",
      .help = "0: a column for each value of the last of several swept params, else a compact sheet",
      .value = 0,
      .min = 0,
      .max = 1000};
  static constexpr graph::Prop<int> kCell{.name = "cell",
                                          .help = "longer side of a picture; none is enlarged",
                                          .value = 256,
                                          .min = 16,
                                          .max = 4096,
                                          .unit = "px"};
  static constexpr graph::Prop<bool> kLabels{
      .name = "labels", .help = "write the swept values under the pictures", .value = true};
  static constexpr graph::Prop<std::string> kTitle{.name = "title", .help = "above the pictures", .value = ""};
  static constexpr graph::Prop<int> kGap{
      .name = "gap", .help = "between the pictures and around them", .value = 12, .min = 0, .max = 1000, .unit = "px"};
  static constexpr graph::Prop<std::string> kBackground{
      .name = "background", .help = "colour of the sheet, as #rrggbb", .value = "#f7f4ee"};
  static graph::Contract contract() {
    return graph::Contract("contact-sheet", "Puts many pictures on one, labelled with the swept values.", kImages,
                           kSheet, kColumns, kCell, kLabels, kTitle, kGap, kBackground)
        .family("image")
        .example("sheet: {type: contact-sheet, title: all of them, in: {image: picture.image}}");
  }

  explicit ContactSheet(const graph::Props& props)
      : layout_{.columns = props.get(kColumns),
                .cell = props.get(kCell),
                .gap = props.get(kGap),
                .labels = props.get(kLabels),
                .title = props.get(kTitle),
                .background = props.get(kBackground, imaging::colour_named)} {}

  void foresee(graph::Outlook& outlook) const override {
    const graph::Extent& picture = outlook.in(kImages);
    if (picture.size() != 2 || outlook.gathered().empty()) return;
    std::vector<std::string> labels;
    std::vector<const graph::Item*> items;
    for (const graph::Item& item : outlook.gathered()) labels.push_back(item.label), items.push_back(&item);
    const cv::Size cell =
        imaging::thumbnail_size({static_cast<int>(picture[0]), static_cast<int>(picture[1])}, layout_.cell);
    const cv::Size size = imaging::sheet_size(labels, cell, layout_of(items));
    outlook.out(kSheet, {size.width, size.height});
  }

  /// In 8 bits, which only process() sees: hundreds of them wait at a time, and sheets are looked at.
  graph::Value keep(const graph::Value& value) const override {
    return graph::Value::of(Image{imaging::to_8bit(imaging::sheet_thumbnail(value.as<Image>().pixels, layout_.cell))});
  }

  void process(graph::Context& cx) const override {
    const std::vector<graph::Gathered>& all = cx.get(kImages);
    std::vector<imaging::SheetCell> cells;
    std::vector<const graph::Item*> items;
    for (const graph::Gathered& one : all) {
      cells.push_back({one.value.empty() ? cv::Mat() : one.value.as<Image>().pixels, one.item.label});
      items.push_back(&one.item);
    }
    if (const std::string note = missing_fonts(cells); !note.empty()) cx.warn(note);
    cx.send(kSheet, Image{imaging::draw_contact_sheet(cells, layout_of(items))});
  }

 private:
  imaging::SheetLayout layout_of(const std::vector<const graph::Item*>& items) const {
    imaging::SheetLayout layout = layout_;
    if (layout.columns == 0) layout.columns = swept_columns(items);
    return layout;
  }

  std::string missing_fonts(const std::vector<imaging::SheetCell>& cells) const {
    std::vector<std::string> texts{layout_.title};
    for (const imaging::SheetCell& cell : cells) {
      if (layout_.labels) texts.push_back(cell.label);
    }
    return imaging::note_of_missing_fonts(texts);
  }

  const imaging::SheetLayout layout_;
};

}  // namespace

void register_contact_sheet(graph::Registry& registry) {
  registry.add<ContactSheet>();
}

}  // namespace nodes
