// SPDX-License-Identifier: MIT
/// load-grid: prompts in rows and columns as the regions of a canvas, which is as large as their tiles are together,
/// and the parts of its noise that are drawn anew.
///
/// Warns    where a tile has a seed of its own in mode exclusive and no cells that no other tile has
/// Errors   rows of several lengths; other grids than that of the prompts; sides, overlaps and bounds that are not
///          multiples of 8; overlaps of a whole tile; a reroll region without extent or beyond the canvas
/// Source   Barbero Jiménez 2023 (Mixture of Diffusers), grid mode; for SDXL diffusers' community pipeline
///          mixture_tiling_sdxl
#include "methods/tiling/grid.h"
#include "nodes/regions/region_settings.h"
#include "nodes/services.h"
#include "nodes/sides.h"

namespace nodes {
namespace {

using graph::Data;
using graph::Shape;

Shape grid_prompt_shape() {
  return Shape::one_of({Shape::text(), rows_shape(Shape::text())});
}
Shape grid_negative_shape() {
  return Shape::one_of({Shape::text(), rows_shape(Shape::text().or_null())}).or_null();
}
Shape grid_scales_shape() {
  return rows_shape(Shape::number().at_least(-1000).at_most(1000).or_null()).or_null();
}
Shape grid_seeds_shape() {
  return rows_shape(drawn_seed_shape()).or_null();
}
Shape grid_modes_shape() {
  const auto mode = [] { return Shape::text().choices("full|exclusive"); };
  return Shape::one_of({mode(), rows_shape(mode())});
}
Shape grid_rerolls_shape() {
  return Shape::list_of(
      Shape::list_of(drawn_seed_shape()).sized(5, 5).called("[row_init, row_end, col_init, col_end, seed]"));
}
Shape grid_size_shape() {
  return Shape::list_of(Shape::whole().at_least(1).at_most(65536)).sized(2, 2).or_null();
}

tiling::Size size_in(const Data& data, const tiling::Size& otherwise) {
  if (data.is_null()) return otherwise;
  return {data.items()[0].as<std::int64_t>(), data.items()[1].as<std::int64_t>()};
}

class LoadGrid final : public graph::Node {
 public:
  static constexpr graph::Out<graph::List<Region>> kTexts{"texts", "the tiles, row by row"};
  static constexpr graph::Out<graph::List<Region>> kNoised{"noised", "boxes whose noise is drawn anew, in that order"};
  static constexpr graph::Out<std::int64_t> kWidth{"width", "px, of the canvas"};
  static constexpr graph::Out<std::int64_t> kHeight{"height", "px, of the canvas"};
  static constexpr graph::Prop<Data> kPrompt{
      .name = "prompt",
      .help = "rows of texts of one length: [[a, b], [c, d]]; one text is a canvas of one tile",
      .shape = grid_prompt_shape};
  static constexpr graph::Prop<Data> kNegative{
      .name = "negative_prompt",
      .help = "of all tiles, or rows of texts; null: none was given, which SDXL takes as zeros",
      .value = "null",
      .shape = grid_negative_shape};
  static constexpr graph::Prop<Data> kScales{.name = "guidance_scale_tiles",
                                             .help = "rows of guidance scales; null: as for all",
                                             .value = "null",
                                             .shape = grid_scales_shape};
  static constexpr graph::Prop<std::int64_t> kTileHeight{
      .name = "tile_height", .help = "a multiple of 8", .value = 512, .min = 8, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<std::int64_t> kTileWidth{
      .name = "tile_width", .help = "a multiple of 8", .value = 512, .min = 8, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<std::int64_t> kRowOverlap{.name = "tile_row_overlap",
                                                         .help = "of tiles above each other; a multiple of 8",
                                                         .value = 256,
                                                         .min = 0,
                                                         .max = 65536,
                                                         .unit = "px"};
  static constexpr graph::Prop<std::int64_t> kColumnOverlap{.name = "tile_col_overlap",
                                                            .help = "of tiles beside each other; a multiple of 8",
                                                            .value = 256,
                                                            .min = 0,
                                                            .max = 65536,
                                                            .unit = "px"};
  static constexpr graph::Prop<Data> kSeeds{
      .name = "seed_tiles",
      .help =
          "rows of seeds of tiles that begin with noise of their own; null: of the canvas's; RNG: of a seed that "
          "is drawn",
      .value = "null",
      .shape = grid_seeds_shape};
  static constexpr graph::Prop<Data> kModes{
      .name = "seed_tiles_mode",
      .help = "which cells of such a tile: all (full), or those that no other tile has (exclusive); rows of these",
      .value = "\"full\"",
      .shape = grid_modes_shape};
  static constexpr graph::Prop<Data> kRerolls{
      .name = "seed_reroll_regions",
      .help = "boxes in px whose noise is drawn from seeds of their own, after those of tiles",
      .value = "[]",
      .shape = grid_rerolls_shape};
  static constexpr graph::Prop<std::string> kMaskType{.name = "mask_type",
                                                      .help = "how tiles count from their middle to their edges",
                                                      .value = "gaussian",
                                                      .choices = "constant|gaussian|quartic"};
  static constexpr graph::Prop<std::string> kMidpoint{
      .name = "gaussian_row_midpoint",
      .help = "of the rows' weights; half: half a cell lower, as the original has it in grids",
      .value = "centre",
      .choices = "centre|half"};
  static constexpr graph::Prop<std::string> kExclusive{
      .name = "exclusive_cells",
      .help =
          "which tiles take cells away in mode exclusive: all others, or as the original has it those of another "
          "row and another column",
      .value = "others",
      .choices = "others|diagonal"};
  static constexpr graph::Prop<std::string> kCrops{
      .name = "crops",
      .help =
          "what SDXL is told of a tile's place: where it begins (origin); its column's share of a tile's width, as "
          "diffusers' pipeline has it (share); nothing (zero)",
      .value = "origin",
      .choices = "origin|share|zero"};
  static constexpr graph::Prop<std::int64_t> kSizeHeight{
      .name = "sdxl_height",
      .help = "of the picture that SDXL is told of, not of the canvas; 0: as the model is made for",
      .value = 0,
      .min = 0,
      .max = 65536,
      .unit = "px"};
  static constexpr graph::Prop<std::int64_t> kSizeWidth{
      .name = "sdxl_width", .help = "likewise", .value = 0, .min = 0, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<Data> kOriginal{.name = "original_size",
                                               .help = "[height, width] that SDXL is told; null: those two",
                                               .value = "null",
                                               .shape = grid_size_shape};
  static constexpr graph::Prop<Data> kTarget{
      .name = "target_size", .help = "likewise", .value = "null", .shape = grid_size_shape};
  static constexpr graph::Prop<Data> kNegativeOriginal{
      .name = "negative_original_size", .help = "likewise", .value = "null", .shape = grid_size_shape};
  static constexpr graph::Prop<Data> kNegativeTarget{
      .name = "negative_target_size", .help = "likewise", .value = "null", .shape = grid_size_shape};
  static constexpr graph::Prop<graph::Path> kSizedFor{
      .name = "model", .help = "whose size is meant by 0; empty: text-encode's", .value = "", .feedable = false};

  static graph::Contract contract() {
    return graph::Contract("load-grid", "Prompts in rows and columns as the regions of a canvas.", kTexts, kNoised,
                           kWidth, kHeight, kPrompt, kNegative, kScales, kTileHeight, kTileWidth, kRowOverlap,
                           kColumnOverlap, kSeeds, kModes, kRerolls, kMaskType, kMidpoint, kExclusive, kCrops,
                           kSizeHeight, kSizeWidth, kOriginal, kTarget, kNegativeOriginal, kNegativeTarget, kSizedFor)
        .family("regions")
        .example(
            "canvas: {type: load-grid, prompt: [[a house, a lake, a hill]], tile_width: 384, tile_col_overlap: 128}");
  }

  LoadGrid(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services), model_(props.get(kSizedFor).text) {
    SettingFaults faults;
    read_geometry(props, faults);
    faults.throw_if_any();  // without rows and columns the rest cannot be held against them
    read_tiles(props, faults);
    read_seeds(props, faults);
    read_rerolls(props, faults);
    faults.throw_if_any();
  }

  void open() override {
    if (model_.empty()) return;
    int side = 0;
    for (tiling::Region& tile : tiles_) {
      for (tiling::Size* size : {&tile.original, &tile.target, &tile.negative_original, &tile.negative_target}) {
        if ((size->height == 0 || size->width == 0) && side == 0)
          side = side_of(0, services_->model({.model = model_})->files());
        if (size->height == 0) size->height = side;
        if (size->width == 0) size->width = side;
      }
    }
  }

  void process(graph::Context& cx) const override {
    for (const std::string& warning : warnings_) cx.warn(warning);
    cx.send(kTexts, list_of(tiles_));
    cx.send(kNoised, list_of(noised_));
    cx.send(kWidth, grid_.width());
    cx.send(kHeight, grid_.height());
  }

 private:
  void read_geometry(const graph::Props& props, SettingFaults& faults) {
    const Data prompt = props.get(kPrompt);
    if (prompt.sort() == Data::Sort::kList) {
      grid_.rows = static_cast<std::int64_t>(prompt.items().size());
      grid_.columns = static_cast<std::int64_t>(prompt.items().front().items().size());
      check_rows(kPrompt.name, prompt, faults);
    }
    grid_.tile_height = props.get(kTileHeight);
    grid_.tile_width = props.get(kTileWidth);
    grid_.row_overlap = props.get(kRowOverlap);
    grid_.column_overlap = props.get(kColumnOverlap);
    for (const auto* prop : {&kTileHeight, &kTileWidth, &kRowOverlap, &kColumnOverlap})
      check_cells(prop->name, props.get(*prop), faults);
    const auto check_overlap = [&](const auto& prop, std::int64_t side, const char* of) {
      if (props.get(prop) >= side)
        faults.add(std::string(prop.name) + ": " + std::to_string(props.get(prop)) + " is not less than the tile's " +
                   of + ", " + std::to_string(side));
    };
    check_overlap(kRowOverlap, grid_.tile_height, "height");
    check_overlap(kColumnOverlap, grid_.tile_width, "width");
    if (!faults.any()) check_canvas(kPrompt.name, grid_.height(), grid_.width(), faults);
  }

  /// Whether rows of cells are as many as the grid's, and as long.
  bool check_rows(const char* name, const Data& rows, SettingFaults& faults) const {
    const std::string grid = std::to_string(grid_.rows) + " x " + std::to_string(grid_.columns) + " (rows x columns)";
    bool good = true;
    if (static_cast<std::int64_t>(rows.items().size()) != grid_.rows) {
      const std::size_t count = rows.items().size();
      faults.add(std::string(name) + ": " + std::to_string(count) + (count == 1 ? " row" : " rows") +
                     ", and the prompts are " + grid,
                 rows.mark());
      good = false;
    }
    for (std::size_t i = 0; i < rows.items().size(); ++i) {
      const Data& row = rows.items()[i];
      if (static_cast<std::int64_t>(row.items().size()) == grid_.columns) continue;
      faults.add(std::string(name) + "[" + std::to_string(i) + "]: " + std::to_string(row.items().size()) +
                     " in this row, and the prompts are " + grid,
                 row.mark());
      good = false;
    }
    return good;
  }

  /// The cell of rows that are as the grid, or of one value for all.
  static const Data& cell(const Data& rows, std::int64_t row, std::int64_t column) {
    if (rows.sort() != Data::Sort::kList) return rows;
    return rows.items()[static_cast<std::size_t>(row)].items()[static_cast<std::size_t>(column)];
  }

  /// Rows that a property has, where they fit; null where they do not.
  Data rows_of(const graph::Props& props, const graph::Prop<Data>& prop, SettingFaults& faults) const {
    Data rows = props.get(prop);
    if (rows.sort() == Data::Sort::kList && !check_rows(prop.name, rows, faults)) return Data();
    return rows;
  }

  void read_tiles(const graph::Props& props, SettingFaults& faults) {
    const Data prompts = props.get(kPrompt), negatives = rows_of(props, kNegative, faults),
               scales = rows_of(props, kScales, faults);
    const tiling::Size given{props.get(kSizeHeight), props.get(kSizeWidth)};
    for (std::int64_t row = 0; row < grid_.rows; ++row) {
      for (std::int64_t column = 0; column < grid_.columns; ++column) {
        tiling::Region tile;
        tile.name = "prompt[" + std::to_string(row) + "][" + std::to_string(column) + "]";
        tile.box = grid_.tile(row, column);
        tile.prompt = cell(prompts, row, column).as<std::string>();
        const Data& negative = cell(negatives, row, column);
        tile.has_negative_prompt = !negative.is_null();
        if (tile.has_negative_prompt) tile.negative_prompt = negative.as<std::string>();
        const Data& scale = cell(scales, row, column);
        tile.guidance_scale = scale.is_null() ? std::nullopt : std::optional(scale.as<double>());
        tile.weights.type = tiling::mask_type_named(props.get(kMaskType));
        if (props.get(kMidpoint) == "half") tile.weights.row_midpoint = tiling::RowMidpoint::kHalf;
        set_crop(tile, row, column, props.get(kCrops));
        tile.original = size_in(props.get(kOriginal), given);
        tile.target = size_in(props.get(kTarget), given);
        tile.negative_original = size_in(props.get(kNegativeOriginal), given);
        tile.negative_target = size_in(props.get(kNegativeTarget), given);
        tiles_.push_back(std::move(tile));
      }
    }
  }

  void set_crop(tiling::Region& tile, std::int64_t row, std::int64_t column, const std::string& rule) const {
    if (rule == "share") tile.crop_left = tiling::crop_by_share(column, grid_.columns, grid_.tile_width);
    if (rule != "origin") return;
    tile.crop_top = row * grid_.row_stride();
    tile.crop_left = column * grid_.column_stride();
  }

  void read_seeds(const graph::Props& props, SettingFaults& faults) {
    const Data seeds = rows_of(props, kSeeds, faults), modes = rows_of(props, kModes, faults);
    if (seeds.is_null() || modes.is_null()) return;
    for (std::int64_t row = 0; row < grid_.rows; ++row) {
      for (std::int64_t column = 0; column < grid_.columns; ++column) {
        const Data& seed = cell(seeds, row, column);
        if (seed.is_null()) continue;
        tiling::Region region{.kind = tiling::Region::Kind::kReroll,
                              .name = "seed_tiles[" + std::to_string(row) + "][" + std::to_string(column) + "]",
                              .box = grid_.tile(row, column),
                              .seed = seed_in(seed),
                              .resets_noise = true};
        const bool exclusive = cell(modes, row, column).as<std::string>() == "exclusive";
        if (exclusive && !cut_to_own(region, row, column, seed, props.get(kExclusive), faults)) continue;
        noised_.push_back(std::move(region));
      }
    }
  }

  /// Leaves of a tile's box what no other has; false where that is nothing.
  bool cut_to_own(tiling::Region& region, std::int64_t row, std::int64_t column, const Data& seed,
                  const std::string& rule, SettingFaults& faults) {
    if (rule == "others") {
      region.box = grid_.exclusive(row, column);
      if (!region.box.empty()) return true;
      warnings_.push_back(region.name + ": its tile has no cells that no other tile has, and so no noise of its own");
      return false;
    }
    const std::optional<tiling::Box> own = grid_.exclusive_of_both(row, column);
    if (own) region.box = *own;
    else faults.add(region.name + ": its tile has no cells that no other tile has: take mode full", seed.mark());
    return own.has_value();
  }

  void read_rerolls(const graph::Props& props, SettingFaults& faults) {
    const Data rerolls = props.get(kRerolls);
    for (std::size_t i = 0; i < rerolls.items().size(); ++i) {
      const std::vector<Data>& numbers = rerolls.items()[i].items();
      const std::string name = std::string(kRerolls.name) + "[" + std::to_string(i) + "]";
      bool good = true;
      for (std::size_t k = 0; k < 4; ++k) {
        if (numbers[k].sort() == Data::Sort::kInt) continue;
        faults.add(name + "[" + std::to_string(k) + "]: expected an int, in px", numbers[k].mark());
        good = false;
      }
      if (!good) continue;
      const auto px = [&](std::size_t k) { return numbers[k].as<std::int64_t>(); };
      const PixelBox pixels{px(0), px(1), px(2), px(3), numbers[0], numbers[1], numbers[2], numbers[3]};
      noised_.push_back(
          {.kind = tiling::Region::Kind::kReroll,
           .name = name,
           .box = box_in(pixels, grid_.height(), grid_.width(), name, {"[0]", "[1]", "[2]", "[3]"}, faults),
           .seed = seed_in(numbers[4]),
           .resets_noise = true});
    }
  }

  const std::shared_ptr<Services> services_;
  const std::string model_;
  tiling::Grid grid_;
  std::vector<tiling::Region> tiles_, noised_;
  std::vector<std::string> warnings_;
};

}  // namespace

void register_load_grid(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<LoadGrid>(services);
}

}  // namespace nodes
