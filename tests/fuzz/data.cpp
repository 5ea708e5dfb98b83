// SPDX-License-Identifier: MIT
// Structured settings: what is read can be written and read again as the same, also at a place inside, or there is a
// reason.
#include "graph/data.h"

#include "graph/shape.h"
#include "tests/fuzz/input.h"

namespace {

using graph::Shape;

Shape kinds() {
  Shape inner = Shape::map({{"x", Shape::whole().at_least(-8).at_most(8), "", "0"},
                            {"share", Shape::number().or_null(), ""},
                            {"mode", Shape::text().choices("full|none"), "", "\"full\""},
                            {"file", Shape::path(), "", "\"here\""},
                            {"on", Shape::truth(), "", "true"}});
  Shape one =
      Shape::one_of({Shape::text(), Shape::map_of(Shape::list_of(Shape::number())), std::move(inner).or_null()});
  return Shape::one_of({Shape::list_of(std::move(one)).sized(0, 5), Shape::map_of(Shape::whole()), Shape::text()});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Shape shape = kinds();
  const auto [text, name, part] = fuzz::parts_of<3>(fuzz::text_of(bytes, size));
  try {
    const graph::Data written = graph::parse_data(std::string(text), "--data", "folder");
    const graph::Data read = graph::read_data(written, shape, "data");
    fuzz::require(graph::read_data(read, shape, "data") == read, "what is read already stays");
    const graph::Data again = graph::read_data(graph::parse_data(graph::to_text(read), "again"), shape, "data");
    fuzz::require(again == read, "what was written is read as the same");
    fuzz::require(graph::digest(again) == graph::digest(read), "and has one digest");
    const std::optional<graph::DataPlace> place = graph::parse_place(std::string(name));
    if (!place) return 0;
    const graph::Data value = graph::Data::leaf(std::string(part));
    const graph::Data other = graph::replaced(written, *place, value);
    const graph::Data* found = graph::find(other, *place);
    fuzz::require(found && *found == value, "what is set is there");
    graph::shape_at(shape, *place);
  } catch (const graph::Faults&) {
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
