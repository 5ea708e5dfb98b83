// SPDX-License-Identifier: MIT
#include <algorithm>

#include "graph/elements.h"
#include "graph/shape.h"

namespace graph {
namespace {

/// Texts in rows and columns: what the cells of a canvas show, labels of a grid.
class TextGrid final : public Node {
 public:
  static Shape texts() {
    return Shape::one_of(
        {Shape::text(), Shape::list_of(Shape::one_of({Shape::text(), Shape::list_of(Shape::text())}))});
  }
  static constexpr Prop<Data> kTexts{
      .name = "texts", .help = "one text, one row of them, or rows of one length: [[a, b], [c, d]]", .shape = texts};
  static constexpr Out<List<std::string>> kText{"text", "the texts, row by row"};
  static constexpr Out<List<std::int64_t>> kRow{"row", "the row of each, from 0"};
  static constexpr Out<List<std::int64_t>> kColumn{"column", "the column of each, from 0"};
  static constexpr Out<std::int64_t> kRows{"rows", "how many rows there are"};
  static constexpr Out<std::int64_t> kColumns{"columns", "how many texts a row has"};

  static Contract contract() {
    return Contract("text-grid", "Sends texts that are written in rows and columns as lists.", kText, kRow, kColumn,
                    kRows, kColumns, kTexts)
        .family("flow")
        .example("words: {type: text-grid, texts: [[a house, a tree], [a lake, a boat]]}");
  }

  explicit TextGrid(const Props& props) {
    const Data texts = props.get(kTexts);
    if (texts.sort() != Data::Sort::kList) {
      rows_.push_back({texts.as<std::string>()});
      return;
    }
    const bool flat =
        std::ranges::none_of(texts.items(), [](const Data& row) { return row.sort() == Data::Sort::kList; });
    if (flat) rows_.emplace_back();
    for (const Data& row : texts.items()) {
      if (flat) rows_[0].push_back(row.as<std::string>());
      else add_row(row);
    }
  }

  void process(Context& cx) const override {
    std::vector<std::string> texts;
    std::vector<std::int64_t> row, column;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      for (std::size_t c = 0; c < rows_[r].size(); ++c) {
        texts.push_back(rows_[r][c]);
        row.push_back(static_cast<std::int64_t>(r));
        column.push_back(static_cast<std::int64_t>(c));
      }
    }
    cx.send(kRows, static_cast<std::int64_t>(rows_.size()));
    cx.send(kColumns, static_cast<std::int64_t>(rows_.empty() ? 0 : rows_[0].size()));
    cx.send(kText, List<std::string>(std::move(texts)));
    cx.send(kRow, List<std::int64_t>(std::move(row)));
    cx.send(kColumn, List<std::int64_t>(std::move(column)));
  }

 private:
  void add_row(const Data& row) {
    std::vector<std::string> texts;
    if (row.sort() == Data::Sort::kList) {
      for (const Data& text : row.items()) texts.push_back(text.as<std::string>());
    } else {
      texts.push_back(row.as<std::string>());
    }
    if (!rows_.empty() && texts.size() != rows_[0].size()) {
      throw PropertyError(kTexts.name, "row " + std::to_string(rows_.size()) + " has " + std::to_string(texts.size()) +
                                           " texts, and the first row has " + std::to_string(rows_[0].size()));
    }
    rows_.push_back(std::move(texts));
  }

  std::vector<std::vector<std::string>> rows_;
};

}  // namespace

void add_text_grid(Registry& registry) {
  registry.add<TextGrid>();
}

}  // namespace graph
