// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kLoop = R"yaml(graph: looped
params: {seed: {type: int, default: 0}, turns: {type: int, default: 3}}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 16, height: 16}
  half:  {include: "say \"hi\".yaml", size: 9, in: {image: noise.image}}
  grow:
    type: loop
    steps: $turns
    state: {image: half.image}
    nodes:
      step: {type: resize, width: 10, height: 10, in: {image: state.image}, when: {from: 0.5}}
    next: {image: step.image}
    out: {image: step.image}
  save: {type: save-image, in: {image: grow.image}}
)yaml";

constexpr const char* kPart = R"yaml(graph: part
params: {size: {type: int, default: 8}}
in: {image: image}
nodes:
  small: {type: resize, width: $size, height: $size, in: {image: in.image}}
out: {image: small.image}
)yaml";

class Draw : public testing::Test {
 protected:
  Draw() {
    folder_.write("loop.yaml", kLoop);
    folder_.write("say \"hi\".yaml", kPart);
  }

  Result draw(std::vector<std::string> words) {
    words.insert(words.begin(), {"draw", "loop.yaml"});
    return decoupage(words, {folder_.path()});
  }

  Folder folder_;
};

/// An each is a box with its element in it; lists, fed properties and switches are told.
TEST_F(Draw, PrintsEaches) {
  folder_.write("each.yaml", R"(graph: each
nodes:
  found: {type: load-image, path: "*.png"}
  odd: {type: value, bool: true}
  walk:
    type: each
    over: found.images
    as: photo
    when: {if: odd.bool}
    nodes:
      paper: {type: draw-noise, in: {seed: photo.index}}
      pair: {type: stitch, in: {first: photo.item, second: paper.image}}
    out: {image: pair.image}
  grid: {type: image-grid, in: {images: walk.image}}
)");
  const Result result = decoupage({"draw", "each.yaml"}, {folder_.path()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("label=\"walk · each over found.images"));
  EXPECT_THAT(result.out, HasSubstr("\"found\" -> \"walk.photo\" [label=\"images → item\\n(image[])\""));
  EXPECT_THAT(result.out, HasSubstr("\"walk.photo\" -> \"walk.paper\" [label=\"index → seed\\n(int)\", style=dotted"));
  EXPECT_THAT(result.out, HasSubstr("\"walk.pair\" -> \"grid\" [label=\"image → images\\n(image[])\""));
  EXPECT_THAT(result.out, HasSubstr("bool → when if"));
}

TEST_F(Draw, PrintsDotWithBoxesTypesAndBackEdges) {
  const Result result = draw({});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("digraph \"looped\" {"));
  EXPECT_THAT(result.out, HasSubstr("subgraph \"cluster_half\""));
  EXPECT_THAT(result.out, HasSubstr("label=\"half\\nsay \\\"hi\\\".yaml\""));
  EXPECT_THAT(result.out, HasSubstr("subgraph \"cluster_grow\""));
  EXPECT_THAT(result.out, HasSubstr("grow · loop, steps: $turns"));
  EXPECT_THAT(result.out, HasSubstr("\"half.small\" [label=\"small\\nresize\""));
  EXPECT_THAT(result.out, HasSubstr("\"noise\" -> \"half.small\" [label=\"image\\n(image)\"]"));
  EXPECT_THAT(result.out, HasSubstr("style=dashed, constraint=false"));
  EXPECT_THAT(result.out, HasSubstr("\"grow.step\" -> \"save\""));
  EXPECT_THAT(result.out, HasSubstr("when 0.5 to 1"));
  EXPECT_THAT(result.out, Not(HasSubstr("legend")));
}

TEST_F(Draw, ColoursScopesWhenParamsAreSwept) {
  const Result result = draw({"--seed", "0..7"});
  EXPECT_THAT(result.out, AllOf(HasSubstr("runs once for each"), HasSubstr("seed\\n8 times")));
}

TEST_F(Draw, WritesDotAndSvgFiles) {
  EXPECT_EQ(draw({"-o", "graph.dot"}).code, 0);
  EXPECT_EQ(folder_.read("graph.dot"), draw({}).out);
  const Result svg = draw({"-o", "graph.svg", "--seed", "0..1"});
  EXPECT_EQ(svg.code, 0) << svg.err;
  EXPECT_THAT(folder_.read("graph.svg"), AllOf(HasSubstr("<svg"), HasSubstr("</svg>"), HasSubstr("half.small")));
}

TEST_F(Draw, RefusesOtherEndings) {
  const Result result = draw({"-o", "graph.pdf"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("expected a file that ends in .svg or .dot, got 'graph.pdf'"));
  EXPECT_EQ(draw({"-o", "nowhere/graph.dot"}).code, 2);
}

TEST_F(Draw, DrawsTheGraphOfTheReadme) {
  folder_.write("loop.yaml", kSheet);
  EXPECT_THAT(draw({"--seed", "0..3"}).out, HasSubstr("peripheries=2"));
}

}  // namespace
}  // namespace testing_cli
