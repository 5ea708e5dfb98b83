// SPDX-License-Identifier: MIT
/// What configs/mixture_grid.yaml and mixture_canvas.yaml refuse before anything is computed, each at its place in the
/// file that says it.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "graph/load.h"
#include "graph/run.h"
#include "tests/nodes/regions/mixture_data.h"
#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// Lines of a settings file, so that places in it are plain to see.
using Lines = std::vector<std::string>;

class MixtureRefusals : public ::testing::Test {
 protected:
  /// What a run with such a file is refused with; "" where it is not. Nothing but the canvas is computed.
  static std::string refused(const std::string& config, const Lines& lines, const std::string& last = "canvas") {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    text += "model: " + reference::mixture("model").string() + "\n";
    const auto graph = std::make_shared<const graph::Graph>(graph::check(config_of(config), built_in(), {}));
    try {
      graph::RunOptions options;
      options.lanes = 1;
      options.output_dir = std::filesystem::temp_directory_path() / "decoupage_refusals";
      for (std::size_t n = 0; n < graph->nodes.size(); ++n)
        if (graph->nodes[n].id == last) options.only.push_back(static_cast<int>(n));
      const graph::RunReport report = graph::run(graph::Plan(graph, assignments(*graph, text)), options);
      std::filesystem::remove_all(options.output_dir);
      return report.failures.empty() ? "" : report.failures.front().what;
    } catch (const std::exception& e) {
      return e.what();
    }
  }
  static std::string grid(Lines lines) {
    // What the original needs and the line in question has not.
    const std::vector<std::pair<std::string, std::string>> others{{"prompt", "[[a, b, c], [d, e, f]]"},
                                                                  {"tile_height", "64"},
                                                                  {"tile_width", "48"},
                                                                  {"tile_row_overlap", "24"},
                                                                  {"tile_col_overlap", "16"}};
    for (const auto& [name, value] : others) {
      const auto says = [&](const std::string& line) { return line.starts_with(name + ":"); };
      if (std::ranges::none_of(lines, says)) lines.push_back(name + ": " + value);
    }
    return refused("mixture_grid.yaml", lines);
  }
  /// Of a canvas of 96 x 64 px (width x height).
  static std::string canvas(Lines lines) {
    for (const char* line : {"canvas_height: 64", "canvas_width: 96"}) {
      const std::string name = std::string(line).substr(0, std::string(line).find(':') + 1);
      if (std::ranges::none_of(lines, [&](const std::string& one) { return one.starts_with(name); }))
        lines.push_back(line);
    }
    return refused("mixture_canvas.yaml", lines);
  }
  /// Of a region that covers the canvas, with more, in the second line.
  static std::string region(const std::string& more, const std::string& row_end = "64") {
    return canvas({"regions:", "- {row_init: 0, row_end: " + row_end + ", col_init: 0, col_end: 96, " + more + "}"});
  }
  /// Of another one beside it, in the third line.
  static std::string second(const std::string& fields) {
    return canvas(
        {"regions:", "- {row_init: 0, row_end: 64, col_init: 0, col_end: 96, prompt: a}", "- {" + fields + "}"});
  }
  static std::string reroll(const std::string& fields) {
    return canvas({"regions: [{row_init: 0, row_end: 64, col_init: 0, col_end: 96, prompt: a}]",
                   "reroll_regions:", "- {" + fields + "}"});
  }

 private:
  static graph::GraphSpec config_of(const std::string& config) {
    std::ostringstream text;
    text << std::ifstream(std::filesystem::path(SOURCE_DIR) / "configs" / config).rdbuf();
    return graph::load_text(text.str(), config);
  }
  static std::vector<graph::Assignment> assignments(const graph::Graph& graph, const std::string& text) {
    std::vector<graph::Assignment> all;
    const graph::Data file = graph::parse_data(text, "in.yaml");
    for (const graph::DataField& field : file.fields()) {
      const int param = graph.find_param(field.name);
      if (param < 0) throw std::logic_error("no param " + field.name);
      const graph::Param& known = graph.params[static_cast<std::size_t>(param)];
      graph::Assignment one{known.id, {}, field.value.mark()};
      if (known.kind == graph::Kind::kData) one.values.emplace_back(field.value);
      else one.values.emplace_back(graph::parse_scalar(known.kind, graph::leaf_text(field.value)));
      all.push_back(std::move(one));
    }
    return all;
  }
};

TEST_F(MixtureRefusals, NothingOfWhatIsSound) {
  EXPECT_EQ(grid({}), "");
  EXPECT_EQ(region("prompt: a"), "");
}

// What the original refuses, too.

TEST_F(MixtureRefusals, RowsOfSeveralLengths) {
  EXPECT_THAT(grid({"prompt:", "- [a, b]", "- [c]"}),
              StartsWith("in.yaml:3:3: error: node 'canvas' (load-grid): prompt[1]: 1 in this row, and the prompts"));
}
TEST_F(MixtureRefusals, AListThatIsNoGrid) {
  EXPECT_THAT(grid({"prompt: [a, b]"}), StartsWith("in.yaml:1:10: error: param prompt[0]: expected list of string"));
}
TEST_F(MixtureRefusals, AModeOfAnotherSort) {
  EXPECT_THAT(grid({"seed_tiles_mode: half"}),
              StartsWith("in.yaml:1:18: error: param seed_tiles_mode: 'half' is not one"));
  EXPECT_THAT(grid({"seed_tiles_mode: 5"}),
              StartsWith("in.yaml:1:18: error: param seed_tiles_mode: '5' is not one of"));
  EXPECT_THAT(grid({"seed_tiles_mode: [full, full]"}),
              StartsWith("in.yaml:1:19: error: param seed_tiles_mode[0]: expected list of"));
}
TEST_F(MixtureRefusals, NegativeCoordinates) {
  EXPECT_THAT(second("row_init: -8, row_end: 64, col_init: 0, col_end: 96"),
              StartsWith("in.yaml:3:14: error: param regions[1].row_init: -8 is below"));
  EXPECT_THAT(grid({"seed_reroll_regions: [[-8, 8, 0, 8, 1]]"}),
              StartsWith("in.yaml:1:24: error: node 'canvas' (load-grid): seed_reroll_regions[0][0]: -8 is below 0"));
}
TEST_F(MixtureRefusals, CoordinatesThatAreNotMultiplesOf8) {
  EXPECT_THAT(second("row_init: 0, row_end: 60, col_init: 0, col_end: 96"),
              StartsWith("in.yaml:3:26: error: node 'canvas' (load-canvas): regions[1].row_end: 60 is not a multiple"));
  EXPECT_THAT(grid({"seed_reroll_regions: [[4, 20, 0, 8, 1]]"}), HasSubstr("[0]: 4 is not a multiple of 8"));
}
TEST_F(MixtureRefusals, NegativeNoise) {
  EXPECT_THAT(region("noise_eps: -0.1"), StartsWith("in.yaml:2:67: error: param regions[0].noise_eps: -0.1 is below"));
  EXPECT_THAT(reroll("row_init: 0, row_end: 8, col_init: 0, col_end: 8, noise_eps: -1"),
              StartsWith("in.yaml:3:65: error: param reroll_regions[0].noise_eps: -1 is below"));
}
TEST_F(MixtureRefusals, NegativeWeights) {
  EXPECT_THAT(region("mask_weight: -1"), StartsWith("in.yaml:2:69: error: param regions[0].mask_weight: -1 is below"));
}
TEST_F(MixtureRefusals, AnUnknownMask) {
  EXPECT_THAT(region("mask_type: linear"),
              StartsWith("in.yaml:2:67: error: param regions[0].mask_type: 'linear' is not one of"));
}
TEST_F(MixtureRefusals, AnImageRegionWithoutAnImage) {
  EXPECT_THAT(second("kind: image, row_init: 0, row_end: 8, col_init: 0, col_end: 8"),
              StartsWith("in.yaml:3:3: error: node 'canvas' (load-canvas): regions[1].reference_image: must be given"));
}
TEST_F(MixtureRefusals, AStrengthOutsideOfZeroToOne) {
  for (const char* strength : {"1.1", "-0.1"})
    EXPECT_THAT(second(std::string("kind: image, strength: ") + strength +
                       ", reference_image: a.png, row_init: 0, "
                       "row_end: 8, col_init: 0, col_end: 8"),
                StartsWith(std::string("in.yaml:3:27: error: param regions[1].strength: ") + strength));
}
TEST_F(MixtureRefusals, AnUnknownScheduler) {
  EXPECT_THAT(refused("mixture_grid.yaml", {"scheduler: lmz"}, "schedule"),
              StartsWith("in.yaml:1:12: error: node 'schedule' (schedule): config: no scheduler 'lmz'"));
  EXPECT_THAT(refused("mixture_grid.yaml", {"scheduler: {_class_name: NoScheduler}"}, "schedule"),
              HasSubstr("NoScheduler"));
  EXPECT_THAT(refused("mixture_grid.yaml", {"scheduler: {_class_name: DDIMScheduler, beta_sart: 1}"}, "schedule"),
              HasSubstr("beta_sart"));
}

// What the original takes, to its harm.

TEST_F(MixtureRefusals, AnEmptyGrid) {
  EXPECT_THAT(grid({"prompt: []"}),
              StartsWith("in.yaml:1:9: error: param prompt: expected at least 1 element, found 0"));
  EXPECT_THAT(grid({"prompt: [[]]"}), StartsWith("in.yaml:1:10: error: param prompt[0]: expected at least 1 element"));
}
TEST_F(MixtureRefusals, ARegionWithoutExtent) {
  EXPECT_THAT(
      second("row_init: 16, row_end: 16, col_init: 0, col_end: 96"),
      StartsWith("in.yaml:3:27: error: node 'canvas' (load-canvas): regions[1].row_end: 16 is not greater than"));
  EXPECT_THAT(second("row_init: 0, row_end: 16, col_init: 40, col_end: 32"),
              HasSubstr("regions[1].col_end: 32 is not greater than 40"));
}
TEST_F(MixtureRefusals, ARegionBeyondTheCanvas) {
  EXPECT_THAT(
      second("row_init: 0, row_end: 72, col_init: 0, col_end: 96"),
      StartsWith("in.yaml:3:26: error: node 'canvas' (load-canvas): regions[1].row_end: 72 is beyond the canvas"));
  EXPECT_THAT(second("row_init: 0, row_end: 8, col_init: 96, col_end: 104"),
              HasSubstr("regions[1].col_end: 104 is beyond the canvas of 96 x 64 px (width x height)"));
  EXPECT_THAT(grid({"seed_reroll_regions: [[0, 112, 0, 8, 1]]"}),
              HasSubstr("[1]: 112 is beyond the canvas of 112 x 104"));
}
TEST_F(MixtureRefusals, ACanvasOfPartsOfCells) {
  EXPECT_THAT(canvas({"canvas_width: 100"}),
              StartsWith("in.yaml:1:15: error: node 'canvas' (load-canvas): width: 100 is not a multiple of 8"));
  EXPECT_THAT(canvas({"canvas_height: 68"}), HasSubstr("height: 68 is not a multiple of 8"));
}
TEST_F(MixtureRefusals, TilesAndOverlapsOfPartsOfCells) {
  EXPECT_THAT(grid({"tile_height: 60"}),
              StartsWith("in.yaml:1:14: error: node 'canvas' (load-grid): tile_height: 60 is not a multiple of 8"));
  const std::string both = grid({"tile_width: 60", "tile_col_overlap: 20"});
  EXPECT_THAT(both,
              StartsWith("in.yaml:1:13: error: node 'canvas' (load-grid): tile_width: 60 is not a multiple of 8"));
  EXPECT_THAT(both,
              HasSubstr("in.yaml:2:19: error: node 'canvas' (load-grid): tile_col_overlap: 20 is not a multiple"));
}
TEST_F(MixtureRefusals, OverlapsOfAWholeTileOrBelowZero) {
  EXPECT_THAT(grid({"tile_row_overlap: 64"}),
              StartsWith("in.yaml:1:19: error: node 'canvas' (load-grid): tile_row_overlap: 64 is not less than the"));
  EXPECT_THAT(grid({"tile_col_overlap: 56"}), HasSubstr("tile_col_overlap: 56 is not less than the tile's width, 48"));
  EXPECT_THAT(grid({"tile_col_overlap: -8"}), HasSubstr("-8 is below the minimum 0"));
}
TEST_F(MixtureRefusals, GridsOfAnotherShapeThanThePrompts) {
  EXPECT_THAT(grid({"gc_tiles: [[1, 2], [3, 4]]"}),
              StartsWith("in.yaml:1:12: error: node 'canvas' (load-grid): guidance_scale_tiles[0]: 2 in this row"));
  EXPECT_THAT(grid({"gc_tiles: [[1, 2, 3, 4], [5, 6, 7, 8]]"}), HasSubstr("guidance_scale_tiles[0]: 4 in this row"));
  EXPECT_THAT(
      grid({"seed_tiles: [[1, 2, 3]]"}),
      StartsWith("in.yaml:1:13: error: node 'canvas' (load-grid): seed_tiles: 1 row, and the prompts are 2 x 3"));
  EXPECT_THAT(grid({"seed_tiles: [[1, 2, 3], [4, 5, 6]]", "seed_tiles_mode: [[full]]"}),
              HasSubstr("seed_tiles_mode: 1 row,"));
  EXPECT_THAT(grid({"negative_prompt: [[a]]"}), HasSubstr("negative_prompt: 1 row,"));
}
TEST_F(MixtureRefusals, ACanvasWithoutText) {
  EXPECT_THAT(canvas({"regions:",
                      "- {kind: image, row_init: 0, row_end: 64, col_init: 0, col_end: 96, reference_image: a.png}"}),
              StartsWith("in.yaml:2:1: error: node 'canvas' (load-canvas): regions: no text region"));
  EXPECT_THAT(canvas({"regions: []"}), StartsWith("in.yaml:1:10: error: param regions: expected at least 1 element"));
}
TEST_F(MixtureRefusals, UncoveredCells) {
  EXPECT_THAT(
      region("prompt: a", "32"),
      StartsWith("in.yaml:2:1: error: node 'canvas' (load-canvas): regions: no text region covers rows 32 to 64, "
                 "columns 0 to 96 (px)"));
}
TEST_F(MixtureRefusals, AnUnknownWayOfRerolling) {
  EXPECT_THAT(reroll("row_init: 0, row_end: 8, col_init: 0, col_end: 8, reroll_mode: swap"),
              StartsWith("in.yaml:3:67: error: param reroll_regions[0].reroll_mode: 'swap' is not one of"));
}
TEST_F(MixtureRefusals, NoSteps) {
  EXPECT_THAT(refused("mixture_grid.yaml", {"steps: 0"}, "schedule"),
              StartsWith("in.yaml:1:8: error: param 'num_inference_steps': 0 is below the minimum 1"));
}
TEST_F(MixtureRefusals, RerollRegionsWithoutExtent) {
  EXPECT_THAT(
      reroll("row_init: 8, row_end: 8, col_init: 0, col_end: 8"),
      StartsWith("in.yaml:3:26: error: node 'canvas' (load-canvas): reroll_regions[0].row_end: 8 is not greater"));
  EXPECT_THAT(grid({"seed_reroll_regions: [[8, 8, 0, 8, 1]]"}),
              HasSubstr("seed_reroll_regions[0][1]: 8 is not greater"));
}
TEST_F(MixtureRefusals, SidesOfSdxlsPictureBelowZero) {
  EXPECT_THAT(grid({"height: -8"}), HasSubstr("-8 is below the minimum 0"));
  EXPECT_THAT(grid({"original_size: [72]"}), HasSubstr("expected 2 elements, found 1"));
}

// Slips that no program should take for something else.

TEST_F(MixtureRefusals, FieldsOfAnotherKindOfRegionOrOfNone) {
  EXPECT_THAT(region("promt: a"), HasSubstr("no field 'promt' (did you mean 'prompt'?)"));
  EXPECT_THAT(region("prompt: a, reference_image: b.png"),
              HasSubstr("regions[0].reference_image: is for regions of kind: image"));
  EXPECT_THAT(
      second("kind: image, reference_image: a.png, prompt: x, row_init: 0, row_end: 8, col_init: 0, col_end: 8"),
      HasSubstr("regions[1].prompt: is for regions of kind: text"));
  EXPECT_THAT(region("kind: imge"), HasSubstr("'imge' is not one of"));
  EXPECT_THAT(canvas({"regions: [{prompt: a}]"}), HasSubstr("regions[0].row_init: must be given"));
}
TEST_F(MixtureRefusals, RerollsThatAreNotFiveNumbers) {
  EXPECT_THAT(grid({"seed_reroll_regions: [[0, 8, 0, 8]]"}), HasSubstr("expected 5 elements, found 4"));
  EXPECT_THAT(grid({"seed_reroll_regions: [[0, 8, RNG, 8, 1]]"}),
              StartsWith("in.yaml:1:30: error: node 'canvas' (load-grid): seed_reroll_regions[0][2]: expected an int"));
  EXPECT_THAT(grid({"seed_tiles: [[a, 1, 1], [1, 1, 1]]"}), HasSubstr("seed_tiles[0][0]"));
}

/// All inputs that were tried on the original, and what is done with them here: a part of what is said, or "" where
/// they are taken.
TEST_F(MixtureRefusals, WhatWasTriedOnTheOriginal) {
  const std::string two = "{row_init: 0, row_end: 64, col_init: 0, col_end: 96, prompt: a}";
  const auto scheduler = [](const std::string& line) { return refused("mixture_grid.yaml", {line}, "schedule"); };
  const auto region_of = [&](const std::string& more) { return region("prompt: a, " + more); };
  const auto three = [](const std::string& mode, const std::string& seeds) {
    return grid({"prompt: [[a, b, c]]", "tile_width: 96", "tile_col_overlap: 48", "seed_tiles: [[" + seeds + "]]",
                 "seed_tiles_mode: " + mode});
  };
  const std::string image = "{kind: image, row_init: 0, row_end: 64, col_init: 0, col_end: 96, reference_image: '" +
                            reference::mixture("images/ball.png").string() + "'}";
  struct Tried {
    std::string refusal;
    std::string said;
  };
  const std::map<std::string, Tried> tried{
      {"grid: prompt is a string", {"", grid({"prompt: a"})}},
      {"grid: prompt is a list of strings", {"expected list of string", grid({"prompt: [a, b]"})}},
      {"grid: rows of unequal length", {"1 in this row", grid({"prompt: [[a, b], [c]]"})}},
      {"grid: empty prompt list", {"at least 1 element", grid({"prompt: []"})}},
      {"grid: one empty row", {"at least 1 element", grid({"prompt: [[]]"})}},
      {"grid: seed null", {"", grid({})}},
      {"grid: seed -1", {"", grid({"seed: -1"})}},
      {"grid: seed 2^63", {"", grid({"seed: -9223372036854775808"})}},  // as 64 bits are read
      {"grid: gc 1.0", {"", grid({"gc: 1.0"})}},
      {"grid: gc 1.0 with every gc_tiles 7", {"", grid({"gc: 1.0", "gc_tiles: [[7, 7, 7], [7, 7, 7]]"})}},
      {"grid: gc_tiles of fewer columns than prompt", {"2 in this row", grid({"gc_tiles: [[1, 2], [1, 2]]"})}},
      {"grid: gc_tiles of more columns", {"4 in this row", grid({"gc_tiles: [[1, 2, 3, 4], [1, 2, 3, 4]]"})}},
      {"grid: seed_tiles of fewer rows", {"1 row,", grid({"seed_tiles: [[1, 2, 3]]"})}},
      {"grid: seed_tiles_mode 'half'", {"'half' is not one of", grid({"seed_tiles_mode: half"})}},
      {"grid: seed_tiles_mode 5", {"'5' is not one of", grid({"seed_tiles_mode: 5"})}},
      {"grid: seed_tiles_mode a flat list", {"expected list of", grid({"seed_tiles_mode: [full, full, full]"})}},
      {"grid: unknown scheduler", {"no scheduler 'lmz'", scheduler("scheduler: lmz")}},
      {"grid: key gc_tiles missing", {"", grid({})}},
      {"grid: key cpu_vae missing", {"", grid({})}},
      {"grid: 3 columns, overlap 50 %, exclusive for the middle tile", {"", three("exclusive", "null, 1, null")}},
      {"grid: 3 columns, overlap 50 %, exclusive for an outer tile", {"", three("exclusive", "1, null, null")}},
      {"grid: overlap equal to the tile", {"is not less than the tile's", grid({"tile_row_overlap: 64"})}},
      {"grid: overlap larger than the tile", {"is not less than the tile's", grid({"tile_row_overlap: 72"})}},
      {"grid: overlap -8 (gaps between tiles)", {"below the minimum 0", grid({"tile_row_overlap: -8"})}},
      {"grid: tile 64, overlap 20 (not a multiple of 8)",
       {"20 is not a multiple of 8", grid({"tile_row_overlap: 20"})}},
      {"grid: tile 60, overlap 16", {"60 is not a multiple", grid({"tile_height: 60", "tile_row_overlap: 16"})}},
      {"grid: tile 60, overlap 20", {"60 is not a multiple", grid({"tile_height: 60", "tile_row_overlap: 20"})}},
      {"grid: steps 0", {"0 is below the minimum 1", scheduler("steps: 0")}},
      {"grid: reroll region beyond the canvas",
       {"is beyond the canvas", grid({"seed_reroll_regions: [[0, 8, 0, 120, 1]]"})}},
      {"grid: reroll region of no extent", {"is not greater than", grid({"seed_reroll_regions: [[8, 8, 0, 8, 1]]"})}},
      {"grid: reroll region at pixel 4..20 (floored to cells 0..2)",
       {"4 is not a multiple of 8", grid({"seed_reroll_regions: [[4, 20, 0, 8, 1]]"})}},
      {"canvas: negative coordinate", {"-8 is below", second("row_init: -8, row_end: 64, col_init: 0, col_end: 96")}},
      {"canvas: coordinate not a multiple of 8",
       {"60 is not a multiple", second("row_init: 0, row_end: 60, col_init: 0, col_end: 96")}},
      {"canvas: noise_eps -0.1", {"-0.1 is below", region_of("noise_eps: -0.1")}},
      {"canvas: mask_weight -1", {"-1 is below", region_of("mask_weight: -1")}},
      {"canvas: mask_type 'linear'", {"'linear' is not one of", region_of("mask_type: linear")}},
      {"canvas: row_end below row_init",
       {"is not greater than", second("row_init: 32, row_end: 16, col_init: 0, col_end: 96")}},
      {"canvas: guidance_scale null", {"", region_of("guidance_scale: null")}},
      {"canvas: region_seed null", {"", region_of("region_seed: null, noise_eps: 1")}},
      {"canvas: image region without image",
       {"reference_image: must be given", second("kind: image, row_init: 0, row_end: 8, col_init: 0, col_end: 8")}},
      {"canvas: strength 1.1", {"1.1 is above", canvas({"regions: [" + two + ", {kind: image, strength: 1.1}]"})}},
      {"canvas: strength -0.1", {"-0.1 is below", canvas({"regions: [" + two + ", {kind: image, strength: -0.1}]"})}},
      {"canvas: reroll_mode 'swap'",
       {"'swap' is not one of", reroll("row_init: 0, row_end: 8, col_init: 0, col_end: 8, reroll_mode: swap")}},
      {"canvas: no region", {"at least 1 element", canvas({"regions: []"})}},
      {"canvas: text region reaching over the edge",
       {"is beyond the canvas", second("row_init: 0, row_end: 72, col_init: 0, col_end: 96")}},
      {"canvas: text region wholly outside",
       {"is beyond the canvas", second("row_init: 64, row_end: 72, col_init: 0, col_end: 96")}},
      {"canvas: canvas 68 x 64",
       {"68 is not a multiple of 8", canvas({"canvas_height: 68", "regions: [" + two + "]"})}},
      {"canvas: an image region and no text region", {"no text region", canvas({"regions: [" + image + "]"})}},
      {"canvas: reroll_mode 'swap' run",
       {"'swap' is not one of", reroll("row_init: 0, row_end: 8, col_init: 0, col_end: 8, reroll_mode: swap")}},
      {"canvas: text region 8 px wide, quartic",
       {"", second("row_init: 0, row_end: 64, col_init: 0, col_end: 8, mask_type: quartic")}},
      {"canvas: text region 8 px wide, gaussian", {"", second("row_init: 0, row_end: 64, col_init: 0, col_end: 8")}},
      {"canvas: uncovered area", {"no text region covers", region("prompt: a", "32")}},
      {"canvas: seed null", {"", canvas({"regions: [" + two + "]"})}},
      {"canvas: reference picture of mode L", {"", canvas({"regions: [" + two + ", " + image + "]"})}},
      {"canvas: reference picture of mode RGBA", {"", canvas({"regions: [" + two + ", " + image + "]"})}},
      {"canvas: reference picture of mode P", {"", canvas({"regions: [" + two + ", " + image + "]"})}},
      {"sdxl: guidance_scale 1.0", {"", grid({"guidance_scale: 1.0"})}},
      {"sdxl: guidance_scale 1.0, tiles 7",
       {"", grid({"guidance_scale: 1.0", "guidance_scale_tiles: [[7, 7, 7], [7, 7, 7]]"})}},
      {"sdxl: height 60 (not a multiple of 8)", {"", grid({"height: 60"})}},  // it is told, and nothing is made of it
      {"sdxl: tile_height 60", {"60 is not a multiple", grid({"tile_height: 60"})}},
      {"sdxl: prompt a string", {"", grid({"prompt: a"})}},
      {"sdxl: negative_prompt per tile (list of lists)", {"", grid({"negative_prompt: [[a, b, c], [d, e, f]]"})}},
      {"sdxl: negative_prompt a list of one", {"expected", grid({"negative_prompt: [a]"})}},
      {"sdxl: num_inference_steps 1 with leading LMS",
       {"", refused("mixture_grid.yaml",
                    {"steps: 1",
                     "scheduler: {_class_name: LMSDiscreteScheduler, timestep_spacing: leading, "
                     "steps_offset: 1, beta_schedule: scaled_linear}"},
                    "schedule")}},
  };
  // Of diffusers' pipeline alone: generators and numbers of pictures are the run's here.
  const std::set<std::string> of_the_pipeline{"sdxl: num_images_per_prompt 2", "sdxl: no generator",
                                              "sdxl: generator a list of one",
                                              "sdxl: crops_coords_top_left given (ignored)"};
  for (const char* file : {"errors.json", "sdxl_errors.json"}) {
    for (const nlohmann::json& one : reference::mixture_json(file)) {
      const std::string input = one["input"];
      if (of_the_pipeline.contains(input)) continue;
      ASSERT_TRUE(tried.contains(input)) << input;
      const Tried& here = tried.at(input);
      if (here.refusal.empty()) EXPECT_EQ(here.said, "") << input;
      else EXPECT_THAT(here.said, HasSubstr(here.refusal)) << input;
    }
  }
}

}  // namespace
}  // namespace nodes
