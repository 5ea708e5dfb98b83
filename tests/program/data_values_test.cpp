// SPDX-License-Identifier: MIT
#include "program/data_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/load.h"
#include "graph/plan.h"
#include "program/params.h"
#include "tests/graph/fake_nodes.h"

namespace program {
namespace {

using graph::Data;
using graph::Shape;

std::string read(const Shape& shape, const std::string& text) {
  return graph::to_text(graph::read_data(data_value(&shape, text, {"--size"}), shape, "size"));
}

TEST(DataValues, PairsAreListsOfNumbers) {
  EXPECT_EQ(read(Shape::list_of(Shape::whole()).sized(2, 2), "96,288"), "[96,288]");
  EXPECT_EQ(read(Shape::list_of(Shape::whole()), "96"), "[96]");
  EXPECT_EQ(read(Shape::list_of(Shape::number()), "[0.5, 2]"), "[0.5,2]");
  EXPECT_EQ(read(Shape::one_of({Shape::text(), Shape::list_of(Shape::text())}), "a cat, sitting"), "\"a cat, sitting\"")
      << "commas of texts are their own";
  EXPECT_THROW(read(Shape::list_of(Shape::whole()).sized(2, 2), "96,96,96"), graph::DataFaults);
  EXPECT_THROW(read(Shape::list_of(Shape::whole()), "96,wide"), graph::DataFaults);
}

TEST(DataValues, AShapeSaysWhatAPlaceTakes) {
  const auto graph = std::make_shared<const graph::Graph>(
      graph::check(graph::load_text("graph: g\nparams: {records: {type: data, default: [{name: a}]}}\n"
                                    "nodes: {p: {type: plot, records: $records}}\n"),
                   fake::registry()));
  const auto records = [&](const std::vector<Flag>& flags) {
    ParamSources sources;
    sources.flags = flags;
    const graph::Plan plan(graph, read_params(*graph, sources).assignments);
    std::string text;
    for (std::int64_t item = 0; item < plan.items(); ++item) text += graph::to_text(plan.param(0, item)) + "\n";
    return text;
  };
  EXPECT_THAT(records({{"records[0].at", "3,4"}}), testing::HasSubstr("\"at\":[3,4]"));
  EXPECT_THAT(records({{"records[0].weight", "1..3"}}),
              testing::AllOf(testing::HasSubstr("\"weight\":1,"), testing::HasSubstr("\"weight\":3,")));
  EXPECT_THROW(records({{"records[0].at", "3"}}), graph::Faults);
  EXPECT_THROW(records({{"records[0].kind", "square"}}), graph::Faults);
}

}  // namespace
}  // namespace program
