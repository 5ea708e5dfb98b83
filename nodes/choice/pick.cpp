// SPDX-License-Identifier: MIT
/// pick: one of several texts, by chance.
///
/// Notes    what was picked is in the recipe of every picture that is made of it: `decoupage rerun` picks it again,
///          also when the lines of the file are others by then
/// Errors   neither texts nor a file, or both; no line that counts; a file that is not there, is not UTF-8, or is
/// larger
///          than graph-value-bytes
/// Source   chained: Python's random.choice
#include <stdexcept>
#include <vector>

#include "base/reading.h"
#include "base/utf8.h"
#include "graph/registry.h"
#include "nodes/draws.h"

namespace nodes {
namespace {

constexpr base::Limit kTextBytes{"graph-value-bytes"};
constexpr const char* kBlanks = " \t\r\n\v\f";
constexpr const char* kByteOrderMark = "\xef\xbb\xbf";

/// The lines that are neither blank nor begin with #, without blanks around them.
std::vector<std::string> lines_of(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(3);
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first != line.npos && line[first] != '#') {
      lines.emplace_back(line.substr(first, line.find_last_not_of(kBlanks) - first + 1));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

class Pick final : public graph::Node {
 public:
  static constexpr graph::In<Streams> kStreamsIn{"streams", "to draw from, in the place of the seed", true};
  static constexpr graph::Out<std::string> kText{"text", "one of the texts"};
  static constexpr graph::Out<Streams> kStreams{"streams", "behind what was drawn"};
  static constexpr graph::Prop<std::string> kTexts{
      .name = "texts", .help = "one a line; blank lines and those that begin with # do not count", .value = ""};
  static constexpr graph::Prop<graph::Path> kFile{
      .name = "file", .help = "a text file of such lines, in the place of texts", .value = ""};
  static constexpr graph::Prop<std::int64_t> kSeed{
      .name = "seed", .help = "of the choice, where no streams are linked", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("pick", "Picks one of several texts by chance.", kStreamsIn, kText, kStreams, kTexts, kFile,
                           kSeed)
        .family("choice")
        .example("words: {type: pick, texts: \"a red moon\\na white heart\", seed: $seed}");
  }

  explicit Pick(const graph::Props& props)
      : given_(props.get(kTexts)), file_(props.get(kFile).text), seed_(props.get(kSeed)) {
    if (given_.empty() == file_.empty()) {
      throw std::invalid_argument(given_.empty() ? "nothing to pick from: give texts, one a line, or a file of them"
                                                 : "both texts and a file are given: take one of them");
    }
    if (file_.empty()) read(given_);
  }

  void open() override {
    if (!file_.empty()) read(base::read_file(file_, kTextBytes));
  }

  void process(graph::Context& cx) const override {
    Draws draws(cx, cx.find(kStreamsIn), seed_);
    cx.send(kText, cx.choose("text", [&] { return texts_[draws.python().choice(texts_.size())]; }));
    cx.send(kStreams, draws.rest());
  }

 private:
  void read(const std::string& text) {
    for (std::size_t i = 0, length = 0; i < text.size(); i += length) {
      length = base::utf8_length(std::string_view(text).substr(i));
      if (length == 0)
        throw base::FileError((file_.empty() ? "texts" : file_) + ": byte " + std::to_string(i + 1) + " is not UTF-8");
    }
    texts_ = lines_of(text);
    if (texts_.empty()) {
      throw std::invalid_argument((file_.empty() ? "texts" : file_) +
                                  ": no line to pick; one that is blank or begins " + "with # does not count");
    }
  }

  const std::string given_, file_;
  const std::int64_t seed_;
  std::vector<std::string> texts_;
};

}  // namespace

void register_pick(graph::Registry& registry) {
  registry.add<Pick>();
}

}  // namespace nodes
