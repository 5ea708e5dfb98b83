// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/nodes/regions/mixture_data.h"
#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using GridPairs = graph::NodeHarness::Pairs;

/// 2 x 3 tiles of 64 x 48 px (height x width) over each other by 24 and 16.
graph::NodeHarness grid(GridPairs props) {
  const auto otherwise = [&](const std::string& name, const std::string& value) {
    if (std::ranges::find(props, name, &GridPairs::value_type::first) == props.end()) props.emplace_back(name, value);
  };
  otherwise("prompt", "[[a, b, c], [d, e, \"\"]]");
  otherwise("tile_height", "64");
  otherwise("tile_width", "48");
  otherwise("tile_row_overlap", "24");
  otherwise("tile_col_overlap", "16");
  graph::NodeHarness node(built_in(), "load-grid", props);
  node.run();
  return node;
}

TEST(LoadGrid, IsTilesRowByRow) {
  const graph::NodeHarness node = grid({{"guidance_scale_tiles", "[[null, 4, null], [9, null, 0]]"}});
  EXPECT_EQ(node.out<std::int64_t>("height"), 104);
  EXPECT_EQ(node.out<std::int64_t>("width"), 112);
  const std::vector<tiling::Region> tiles = regions_at(node, "texts");
  ASSERT_EQ(tiles.size(), 6u);
  EXPECT_EQ(tiles[4].prompt, "e");
  EXPECT_EQ(tiles[5].prompt, "");
  EXPECT_EQ(tiles[4].box, (tiling::Box{5, 13, 4, 10}));
  EXPECT_EQ(tiles[4].crop_top, 40);
  EXPECT_EQ(tiles[4].crop_left, 32);
  EXPECT_EQ(tiles[1].guidance_scale, 4);
  EXPECT_EQ(tiles[5].guidance_scale, 0);
  EXPECT_FALSE(tiles[0].guidance_scale) << "that of all";
  EXPECT_FALSE(tiles[0].has_negative_prompt);
  EXPECT_TRUE(regions_at(node, "noised").empty());
}

TEST(LoadGrid, ATextIsACanvasOfOneTile) {
  const graph::NodeHarness node = grid({{"prompt", "a cat"}});
  EXPECT_EQ(node.out<std::int64_t>("width"), 48);
  EXPECT_EQ(regions_at(node, "texts").front().prompt, "a cat");
}

TEST(LoadGrid, NegativePromptsAreForAllOrForEach) {
  EXPECT_EQ(regions_at(grid({{"negative_prompt", "blurry"}}), "texts")[5].negative_prompt, "blurry");
  const std::vector<tiling::Region> each =
      regions_at(grid({{"negative_prompt", "[[x, y, null], [\"\", z, w]]"}}), "texts");
  EXPECT_EQ(each[1].negative_prompt, "y");
  EXPECT_FALSE(each[2].has_negative_prompt);
  EXPECT_TRUE(each[3].has_negative_prompt);
}

TEST(LoadGrid, NoiseOfTilesComesBeforeThatOfRerolls) {
  const graph::NodeHarness node = grid({{"seed_tiles", "[[null, 7310582946, null], [12, null, RNG]]"},
                                        {"seed_tiles_mode", "[[full, exclusive, full], [full, full, exclusive]]"},
                                        {"seed_reroll_regions", "[[80, 88, 0, 24, 9], [0, 104, 0, 112, null]]"}});
  const std::vector<tiling::Region> noised = regions_at(node, "noised");
  EXPECT_THAT(names_of(noised), ElementsAre("seed_tiles[0][1]", "seed_tiles[1][0]", "seed_tiles[1][2]",
                                            "seed_reroll_regions[0]", "seed_reroll_regions[1]"));
  EXPECT_EQ(noised[0].seed, 7310582946);
  EXPECT_EQ(noised[0].box, (tiling::Box{0, 5, 6, 8}));
  EXPECT_EQ(noised[1].box, (tiling::Box{5, 13, 0, 6}));
  EXPECT_FALSE(noised[2].seed) << "to be drawn";
  EXPECT_EQ(noised[3].box, (tiling::Box{10, 11, 0, 3}));
  EXPECT_FALSE(noised[4].seed);
}

TEST(LoadGrid, ATileWithoutCellsOfItsOwnHasNoNoiseOfItsOwn) {
  const GridPairs middle{{"prompt", "[[a, b, c]]"},
                         {"tile_col_overlap", "24"},
                         {"tile_row_overlap", "0"},
                         {"seed_tiles", "[[null, 1, null]]"},
                         {"seed_tiles_mode", "exclusive"}};
  const graph::NodeHarness node = grid(middle);
  EXPECT_TRUE(regions_at(node, "noised").empty());
  EXPECT_THAT(node.warnings(),
              ElementsAre(HasSubstr("seed_tiles[0][1]: its tile has no cells that no other tile has")));
  GridPairs original = middle;
  original.emplace_back("exclusive_cells", "diagonal");
  EXPECT_EQ(regions_at(grid(original), "noised").front().box, (tiling::Box{0, 8, 3, 9}));
  GridPairs square = original;
  square[0].second = "[[a, b, c], [d, e, f]]";
  square[3].second = "[[null, 1, null], [null, null, null]]";
  EXPECT_THAT(thrown_by([&] { grid(square); }), HasSubstr("seed_tiles[0][1]: its tile has no cells"));
}

TEST(LoadGrid, TellsSdxlOfPlacesAndSizes) {
  const auto crops = [](const std::string& rule) {
    std::vector<std::pair<std::int64_t, std::int64_t>> all;
    for (const tiling::Region& tile : regions_at(grid({{"crops", rule}}), "texts"))
      all.emplace_back(tile.crop_top, tile.crop_left);
    return all;
  };
  using Crops = std::vector<std::pair<std::int64_t, std::int64_t>>;
  EXPECT_EQ(crops("origin"), (Crops{{0, 0}, {0, 32}, {0, 64}, {40, 0}, {40, 32}, {40, 64}}));
  EXPECT_EQ(crops("share"), (Crops{{0, 0}, {0, 16}, {0, 32}, {0, 0}, {0, 16}, {0, 32}}));
  EXPECT_EQ(crops("zero"), Crops(6));
  const tiling::Region tile =
      regions_at(grid({{"sdxl_height", "80"}, {"sdxl_width", "96"}, {"target_size", "[100, 120]"}}), "texts").front();
  EXPECT_EQ(tile.original.height, 80);
  EXPECT_EQ(tile.original.width, 96);
  EXPECT_EQ(tile.target.height, 100);
  EXPECT_EQ(tile.negative_target.width, 96) << "by itself, as diffusers' pipeline has it";
  const tiling::Region native =
      regions_at(grid({{"model", (reference::sdxl("mini") / "model").string()}}), "texts").front();
  EXPECT_GT(native.original.height, 0);
  EXPECT_EQ(native.original.height, native.negative_target.width);
}

}  // namespace
}  // namespace nodes
