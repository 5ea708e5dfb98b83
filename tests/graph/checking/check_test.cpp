// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/load.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Sort = GraphNode::Sort;
using FileTexts = std::vector<std::pair<std::string, std::string>>;

Graph check_files(const FileTexts& files, const std::vector<Override>& overrides = {}) {
  return check(load_files(files), fake::registry(), overrides);
}

Graph check_text(const std::string& text, const std::vector<Override>& overrides = {}) {
  return check_files({{"g.yaml", text}}, overrides);
}

const GraphNode& node(const Graph& graph, const std::string& id) {
  const int index = graph.find_node(id);
  if (index < 0) throw std::logic_error("no node " + id);
  return graph.nodes[index];
}

const Expr& prop(const Graph& graph, const std::string& id, const std::string& name) {
  const GraphNode& one = node(graph, id);
  return one.props.at(one.type->contract.find_prop(name));
}

/// "node.port" of what feeds an input, by the contract's name for it.
std::string source(const Graph& graph, PortRef ref) {
  return ref ? graph.nodes[ref.node].id + "." + graph.nodes[ref.node].outs[ref.port] : "";
}
std::string source(const Graph& graph, const std::string& id, const std::string& in) {
  const GraphNode& one = node(graph, id);
  return source(graph, one.ins.at(one.type->contract.find_in(in)));
}

std::vector<std::string> order(const Graph& graph, int region) {
  std::vector<std::string> ids;
  for (int index : graph.regions[region].nodes) ids.push_back(graph.nodes[index].id);
  return ids;
}

TEST(Check, ResolvesNodesLinksAndTypes) {
  const Graph graph = check_text(
      "graph: g\n"
      "about: adds\n"
      "nodes:\n"
      "  sum: {type: add, in: {a: one.value, b: two.value}}\n"
      "  one: {type: number, number: 1}\n"
      "  two: {type: number, number: 2}\n"
      "  lone: {type: add, in: {a: sum.sum}}\n");
  EXPECT_EQ(graph.name, "g");
  EXPECT_EQ(graph.about, "adds");
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(node(graph, "sum").type->contract.type(), "add");
  EXPECT_EQ(source(graph, "sum", "a"), "one.value");
  EXPECT_EQ(source(graph, "sum", "b"), "two.value");
  EXPECT_EQ(source(graph, "lone", "b"), "");
  EXPECT_THAT(node(graph, "sum").outs, ElementsAre("sum"));
  EXPECT_STREQ(node(graph, "sum").out_types[0]->name, "int");
  EXPECT_EQ(node(graph, "sum").mark.line, 4);
  EXPECT_THAT(order(graph, 0), ElementsAre("one", "two", "sum", "lone"));
  EXPECT_EQ(graph.find_node("nothing"), -1);
  ASSERT_EQ(graph.files.size(), 1u);
}

TEST(Check, ReadsScalarsByTheKindThatIsDue) {
  const Graph graph = check_text(
      "graph: g\n"
      "nodes:\n"
      "  ten: {type: number, number: 010}\n"
      "  plus: {type: number, number: \"+7\"}\n"
      "  no: {type: text, words: no, trim: true}\n"
      "  octal: {type: text, words: 010}\n"
      "  float: {type: text, words: 1e3}\n"
      "  quoted: {type: text, words: '~'}\n"
      "  empty: {type: text, words: ''}\n"
      "  nap: {type: sleep, for: 1e2, in: {value: ten.value}}\n"
      "  still: {type: nudge, by: 3, in: {value: ten.value}}\n"
      "  moves: {type: nudge, by: {from: 0.5, to: 010}, in: {value: ten.value}}\n");
  const auto value = [&](const char* id, const char* name) { return prop(graph, id, name).constant; };
  EXPECT_EQ(value("ten", "number"), Scalar(std::int64_t{10}));
  EXPECT_EQ(value("plus", "number"), Scalar(std::int64_t{7}));
  EXPECT_EQ(value("no", "words"), Scalar(std::string("no")));
  EXPECT_EQ(value("no", "trim"), Scalar(true));
  EXPECT_EQ(value("octal", "words"), Scalar(std::string("010")));
  EXPECT_EQ(value("float", "words"), Scalar(std::string("1e3")));
  EXPECT_EQ(value("quoted", "words"), Scalar(std::string("~")));
  EXPECT_EQ(value("empty", "words"), Scalar(std::string()));
  EXPECT_EQ(value("nap", "for"), Scalar(100.0));
  EXPECT_EQ(value("still", "by"), Scalar(Ramp{3, 3}));
  EXPECT_EQ(value("moves", "by"), Scalar(Ramp{0.5, 10}));
}

TEST(Check, FillsInDefaults) {
  const Graph graph =
      check_text("graph: g\nnodes: {a: {type: text}, w: {type: write, in: {value: b.value}}, b: {type: number}}\n");
  EXPECT_EQ(prop(graph, "a", "style").constant, Scalar(std::string("plain")));
  EXPECT_EQ(prop(graph, "w", "file").constant, Scalar(Pattern{"{node}-{item}.txt"}));
  EXPECT_TRUE(prop(graph, "b", "number").is_constant());
}

TEST(Check, ParamsAreWholeValuesOrPiecesOfText) {
  const Graph graph = check_text(
      "graph: g\n"
      "params:\n"
      "  n: {type: int, default: 4, min: 0, about: how many}\n"
      "  word: {type: string}\n"
      "nodes:\n"
      "  whole: {type: number, number: $n}\n"
      "  braces: {type: number, number: \"${n}\"}\n"
      "  nap: {type: sleep, for: $n, in: {value: whole.value}}\n"
      "  text: {type: text, words: \"${n} ${word}s for $$5\"}\n"
      "  just: {type: text, words: \"${n}\"}\n"
      "  money: {type: text, words: $$n}\n"
      "  moves: {type: nudge, by: {from: 1, to: $n}, in: {value: braces.value}}\n");
  ASSERT_EQ(graph.params.size(), 2u);
  EXPECT_EQ(graph.params[0].id, "n");
  EXPECT_EQ(graph.params[0].value->constant, Scalar(std::int64_t{4}));
  EXPECT_EQ(graph.params[0].about, "how many");
  EXPECT_FALSE(graph.params[0].bound);
  EXPECT_FALSE(graph.params[1].value);
  using Pieces = decltype(Expr::pieces);
  for (const char* id : {"whole", "braces"}) {
    EXPECT_FALSE(prop(graph, id, "number").is_constant());
    EXPECT_EQ(prop(graph, id, "number").pieces, (Pieces{0})) << id;
  }
  EXPECT_EQ(prop(graph, "nap", "for").pieces, (Pieces{0}));
  EXPECT_EQ(prop(graph, "nap", "for").kind, Kind::kFloat);
  EXPECT_EQ(prop(graph, "text", "words").pieces, (Pieces{0, std::string(" "), 1, std::string("s for $5")}));
  EXPECT_EQ(prop(graph, "just", "words").pieces, (Pieces{std::string(), 0}));
  EXPECT_EQ(prop(graph, "money", "words").constant, Scalar(std::string("$n")));
  EXPECT_EQ(prop(graph, "moves", "by").pieces, (Pieces{std::string("1"), std::string(".."), 0}));
  EXPECT_EQ(graph.find_param("word"), 1);
}

TEST(Check, FlagsTakeDashesForUnderscores) {
  const Graph graph = check_text(
      "graph: g\nparams: {num_seeds: {type: int, default: 1}}\nnodes: {a: {type: number, number: $num_seeds}}\n");
  EXPECT_EQ(graph.find_param("num-seeds"), 0);
  EXPECT_EQ(graph.find_param("numseeds"), -1);
}

TEST(Check, PathsCountFromTheFolderOfTheirFile) {
  const Graph graph = check_files({{"graphs/g.yaml",
                                    "graph: g\n"
                                    "params: {dir: {type: path, default: data}}\n"
                                    "nodes:\n"
                                    "  a: {type: read, file: x.txt}\n"
                                    "  b: {include: bins/bin.yaml, file: y.txt}\n"
                                    "  c: {type: read, file: \"${dir}/z.txt\"}\n"
                                    "  d: {type: read, file: \"sub/${dir}\"}\n"},
                                   {"graphs/bins/bin.yaml",
                                    "graph: bin\n"
                                    "params: {file: {type: path}, own: {type: path, default: own.txt}}\n"
                                    "nodes: {r: {type: read, file: $file}, o: {type: read, file: $own}}\n"}});
  EXPECT_EQ(prop(graph, "a", "file").constant, Scalar(Path{"x.txt"}));
  EXPECT_EQ(prop(graph, "a", "file").folder, "graphs");
  EXPECT_EQ(prop(graph, "b.r", "file").constant, Scalar(Path{"y.txt"}));
  EXPECT_EQ(prop(graph, "b.r", "file").folder, "graphs");
  EXPECT_EQ(prop(graph, "b.o", "file").constant, Scalar(Path{"own.txt"}));
  EXPECT_EQ(prop(graph, "b.o", "file").folder, "graphs/bins");
  EXPECT_EQ(prop(graph, "c", "file").folder, "") << "what $dir holds counts from somewhere already";
  EXPECT_EQ(prop(graph, "d", "file").folder, "graphs");
}

TEST(Check, SetReplacesWhatIsWritten) {
  const std::string text =
      "graph: g\n"
      "params: {n: {type: int, default: 1}}\n"
      "nodes:\n"
      "  a: {type: number, number: $n}\n"
      "  b: {type: nudge, by: {from: 0, to: 1}, in: {value: a.value}}\n"
      "  l: {type: loop, steps: 3, nodes: {r: {type: read, file: x.txt}}}\n";
  const Graph graph = check_text(
      text,
      {{"a", "number", "7"}, {"a", "number", "8"}, {"b", "by", "2..3"}, {"l", "steps", "$n"}, {"l.r", "file", "y"}});
  EXPECT_EQ(prop(graph, "a", "number").constant, Scalar(std::int64_t{8})) << "the last one counts";
  EXPECT_EQ(prop(graph, "b", "by").constant, Scalar(Ramp{2, 3}));
  EXPECT_FALSE(node(graph, "l").props[0].is_constant());
  EXPECT_EQ(prop(graph, "l.r", "file").folder, "") << "paths of the command line count from the working folder";
}

TEST(Check, LoopsAreRegions) {
  const Graph graph = check_text(
      "graph: g\n"
      "params: {from: {type: float, default: 0.5}}\n"
      "nodes:\n"
      "  start: {type: number, number: 1}\n"
      "  by: {type: number, number: 2}\n"
      "  l:\n"
      "    type: loop\n"
      "    steps: 3\n"
      "    state: {x: start.value, y: by.value}\n"
      "    nodes:\n"
      "      twice: {type: multiply, in: {a: more.value, b: by.value}}\n"
      "      more: {type: nudge, in: {value: state.x}, when: {from: $from}}\n"
      "    next: {y: state.x, x: twice.product}\n"
      "    out: {result: twice.product, y: state.y}\n"
      "  end: {type: sink, in: {value: l.result}}\n");
  ASSERT_EQ(graph.regions.size(), 2u);
  const GraphNode& loop = node(graph, "l");
  EXPECT_EQ(loop.sort, Sort::kLoop);
  EXPECT_EQ(loop.body, 1);
  EXPECT_EQ(loop.region, 0);
  EXPECT_EQ(loop.props[0].constant, Scalar(std::int64_t{3}));
  EXPECT_THAT(loop.outs, ElementsAre("result", "y"));
  EXPECT_STREQ(loop.out_types[0]->name, "int");
  ASSERT_EQ(loop.ins.size(), 2u);
  EXPECT_EQ(source(graph, loop.ins[0]), "start.value");
  EXPECT_EQ(source(graph, loop.ins[1]), "by.value");
  const Region& body = graph.regions[1];
  EXPECT_EQ(graph.nodes[body.owner].id, "l");
  EXPECT_EQ(body.parent, 0);
  EXPECT_FALSE(body.has_over);
  const GraphNode& state = graph.nodes[body.head];
  EXPECT_EQ(state.sort, Sort::kHead);
  EXPECT_THAT(state.outs, ElementsAre("x", "y", "index", "count"));
  EXPECT_STREQ(state.out_types[1]->name, "int");
  EXPECT_THAT(order(graph, 0), ElementsAre("start", "by", "l", "end"));
  EXPECT_THAT(order(graph, 1), ElementsAre("l.state", "l.more", "l.twice"));
  EXPECT_EQ(source(graph, "l.twice", "b"), "by.value") << "a node outside of the loop, by its name";
  EXPECT_EQ(source(graph, "l.more", "value"), "l.state.x");
  EXPECT_EQ(source(graph, body.next[0]), "l.twice.product");
  EXPECT_EQ(source(graph, body.next[1]), "l.state.x");
  EXPECT_EQ(source(graph, body.out[0]), "l.twice.product");
  EXPECT_EQ(source(graph, body.out[1]), "l.state.y");
  const GraphNode& more = node(graph, "l.more");
  ASSERT_TRUE(more.when);
  EXPECT_FALSE(more.when->from.is_constant());
  EXPECT_EQ(more.when->to.constant, Scalar(1.0));
  EXPECT_EQ(more.when->every.constant, Scalar(std::int64_t{1}));
  EXPECT_FALSE(node(graph, "l.twice").when);
  EXPECT_EQ(graph.find_node("l.state"), -1);
}

TEST(Check, LoopsRunOverValuesWithALength) {
  const Graph graph = check_text(
      "graph: g\n"
      "nodes:\n"
      "  r: {type: range, count: 4}\n"
      "  zero: {type: number}\n"
      "  l:\n"
      "    type: loop\n"
      "    over: r.values\n"
      "    state: {sum: zero.value}\n"
      "    nodes:\n"
      "      p: {type: pick, in: {values: r.values}}\n"
      "      s: {type: add, in: {a: state.sum, b: p.value}}\n"
      "    next: {sum: s.sum}\n"
      "    out: {sum: s.sum}\n");
  const GraphNode& loop = node(graph, "l");
  EXPECT_TRUE(graph.regions[1].has_over);
  EXPECT_TRUE(loop.props.empty());
  ASSERT_EQ(loop.ins.size(), 2u);
  EXPECT_EQ(source(graph, loop.ins[0]), "zero.value");
  EXPECT_EQ(source(graph, loop.ins[1]), "r.values");
}

TEST(Check, LoopsNestAndSeeOutward) {
  const Graph graph = check_text(
      "graph: g\n"
      "nodes:\n"
      "  z: {type: number}\n"
      "  outer:\n"
      "    type: loop\n"
      "    steps: 2\n"
      "    state: {x: z.value}\n"
      "    nodes:\n"
      "      one: {type: add, in: {a: state.x}}\n"
      "      inner:\n"
      "        type: loop\n"
      "        steps: 2\n"
      "        when: {from: 1}\n"
      "        state: {x: one.sum}\n"
      "        nodes: {two: {type: add, in: {a: state.x, b: z.value}}, three: {type: add, in: {a: one.sum}}}\n"
      "        next: {x: two.sum}\n"
      "        out: {x: two.sum}\n"
      "    next: {x: inner.x}\n"
      "    out: {x: inner.x}\n");
  EXPECT_EQ(graph.regions.size(), 3u);
  EXPECT_EQ(graph.regions[2].parent, 1);
  EXPECT_EQ(source(graph, "outer.one", "a"), "outer.state.x");
  EXPECT_EQ(source(graph, "outer.inner.two", "a"), "outer.inner.state.x");
  EXPECT_EQ(source(graph, "outer.inner.two", "b"), "z.value");
  EXPECT_EQ(source(graph, "outer.inner.three", "a"), "outer.one.sum");
  EXPECT_EQ(source(graph, graph.regions[1].out[0]), "outer.inner.x");
  EXPECT_STREQ(node(graph, "outer").out_types[0]->name, "int");
  EXPECT_THAT(order(graph, 1), ElementsAre("outer.state", "outer.one", "outer.inner"));
}

TEST(Check, ALoopComesAfterWhatItsBodyReads) {
  const Graph graph = check_text(
      "graph: g\n"
      "nodes:\n"
      "  l: {type: loop, steps: 2, nodes: {m: {type: loop, steps: 2, nodes: {a: {type: add, in: {a: late.value}}}}}}\n"
      "  late: {type: number}\n");
  EXPECT_THAT(order(graph, 0), ElementsAre("late", "l"));
}

TEST(Check, BinsAreFlattened) {
  const FileTexts files{{"g.yaml",
                         "graph: g\n"
                         "params: {n: {type: int, default: 3}}\n"
                         "nodes:\n"
                         "  x: {include: bin.yaml, by: 5, in: {value: start.value}}\n"
                         "  y: {include: bin.yaml, by: $n, in: {value: x.result}}\n"
                         "  start: {type: number}\n"
                         "  end: {type: sink, in: {value: y.result}}\n"
                         "  end2: {type: sink, in: {value: y.same}}\n"},
                        {"bin.yaml",
                         "graph: bin\n"
                         "params: {by: {type: int, max: 9}, more: {type: int, default: 2}}\n"
                         "in: {value: int}\n"
                         "nodes:\n"
                         "  a: {type: add, plus: $by, in: {a: in.value}}\n"
                         "  b: {type: add, plus: $more, in: {a: a.sum}}\n"
                         "out: {result: b.sum, same: in.value}\n"}};
  const Graph graph = check_files(files);
  EXPECT_THAT(order(graph, 0), ElementsAre("start", "x.a", "x.b", "y.a", "y.b", "end", "end2"));
  EXPECT_EQ(source(graph, "x.a", "a"), "start.value");
  EXPECT_EQ(source(graph, "y.a", "a"), "x.b.sum");
  EXPECT_EQ(source(graph, "end", "value"), "y.b.sum");
  EXPECT_EQ(source(graph, "end2", "value"), "x.b.sum") << "a bin that passes its input on";
  EXPECT_EQ(node(graph, "x.b").name, "b");
  EXPECT_EQ(prop(graph, "x.a", "plus").constant, Scalar(std::int64_t{5}));
  EXPECT_FALSE(prop(graph, "y.a", "plus").is_constant());
  ASSERT_EQ(graph.params.size(), 5u);
  EXPECT_EQ(graph.params[0].id, "n");
  EXPECT_EQ(graph.params[1].id, "x.by");
  EXPECT_TRUE(graph.params[1].bound);
  EXPECT_EQ(graph.params[2].value->constant, Scalar(std::int64_t{2}));
  EXPECT_EQ(graph.find_param("x.by"), -1) << "a run cannot set a bin's param";
  ASSERT_EQ(graph.bins.size(), 2u);
  EXPECT_EQ(graph.bins[1].id, "y");
  EXPECT_EQ(graph.bins[1].file, "bin.yaml");
  EXPECT_EQ(graph.files.size(), 2u);

  const Graph set = check_files(files, {{"x", "more", "4"}, {"y.b", "plus", "1"}});
  EXPECT_EQ(prop(set, "x.b", "plus").constant, Scalar(std::int64_t{4}));
  EXPECT_EQ(prop(set, "y.b", "plus").constant, Scalar(std::int64_t{1}));
}

TEST(Check, AParamThatABinsDefaultNamesIsUsed) {
  const Graph graph =
      check_files({{"main.yaml",
                    "graph: main\nparams: {seed: {type: int, default: 1}}\n"
                    "nodes: {b: {include: bin.yaml, name: \"x${seed}\"}}\n"},
                   {"bin.yaml",
                    "graph: bin\n"
                    "params: {stem: {type: string, default: a}, name: {type: string, default: \"{stem}\"}}\n"
                    "nodes: {n: {type: number, number: 1}, o: {type: write, file: $name, in: {value: n.value}}}\n"}});
  EXPECT_EQ(node(graph, "b.o").id, "b.o");
}

TEST(Check, BinsNestToSixteenLevels) {
  FileTexts files;
  for (int i = 0; i < 16; ++i) {
    files.emplace_back(std::to_string(i) + ".yaml",
                       "graph: g\nparams: {n: {type: int, default: 1}}\nnodes: {b: {include: " + std::to_string(i + 1) +
                           ".yaml, n: $n}}\nout: {x: b.x}\n");
  }
  files.emplace_back("16.yaml",
                     "graph: g\nparams: {n: {type: int}}\nnodes: {a: {type: number, number: $n}}\nout: {x: a.value}\n");
  const Graph graph = check_files(files);
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.nodes[0].id, "b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.a");
  EXPECT_EQ(graph.params.size(), 17u);
  EXPECT_EQ(graph.find_field(graph.nodes[0], "n"), 16);
}

TEST(Check, ABinInALoopBelongsToItsBody) {
  const Graph graph = check_files({{"g.yaml",
                                    "graph: g\n"
                                    "nodes:\n"
                                    "  z: {type: number}\n"
                                    "  l:\n"
                                    "    type: loop\n"
                                    "    steps: 2\n"
                                    "    state: {x: z.value}\n"
                                    "    nodes: {b: {include: bin.yaml, when: {from: 0.5}, in: {x: state.x}}}\n"
                                    "    next: {x: b.x}\n"
                                    "    out: {x: b.x}\n"},
                                   {"bin.yaml",
                                    "graph: bin\n"
                                    "in: {x: int}\n"
                                    "nodes:\n"
                                    "  a: {type: nudge, in: {value: in.x}}\n"
                                    "  m: {type: loop, steps: 2, state: {x: a.value}, nodes: {c: {type: nudge, in: "
                                    "{value: state.x}, when: {to: 0}}},"
                                    " next: {x: c.value}, out: {x: c.value}}\n"
                                    "  w: {type: write, file: \"{turn}.txt\", in: {value: m.x}}\n"
                                    "out: {x: m.x}\n"}});
  EXPECT_EQ(node(graph, "l.b.a").region, 1);
  EXPECT_EQ(source(graph, "l.b.a", "value"), "l.state.x");
  EXPECT_EQ(source(graph, graph.regions[1].next[0]), "l.b.m.x");
  EXPECT_EQ(node(graph, "l.b.a").when->from.constant, Scalar(0.5)) << "the bin's when is each of its nodes'";
  EXPECT_EQ(node(graph, "l.b.m").when->from.constant, Scalar(0.5));
  EXPECT_EQ(node(graph, "l.b.m.c").when->from.constant, Scalar(0.0))
      << "but not of a loop's in it: that counts its own turns";
}

TEST(Check, GatheringNodesNameTheParamsTheySplitBy) {
  const Graph graph = check_files({{"g.yaml",
                                    "graph: g\n"
                                    "params: {seed: {type: int, default: 0}, cut: {type: int, default: 1}}\n"
                                    "nodes:\n"
                                    "  a: {type: number, number: $seed}\n"
                                    "  g: {type: gather, per: [cut, seed], in: {values: a.value}}\n"
                                    "  b: {include: bin.yaml, by: $cut, in: {x: a.value}}\n"},
                                   {"bin.yaml",
                                    "graph: bin\n"
                                    "params: {by: {type: int}}\n"
                                    "in: {x: int}\n"
                                    "nodes: {g: {type: gather, per: [by], in: {values: in.x}}}\n"}});
  EXPECT_TRUE(node(graph, "g").gathers);
  EXPECT_FALSE(node(graph, "a").gathers);
  EXPECT_THAT(node(graph, "g").per, ElementsAre(1, 0));
  EXPECT_THAT(node(graph, "b.g").per, ElementsAre(2));
  EXPECT_THAT(node(graph, "a").per, IsEmpty());
}

TEST(Check, PortsMayTakeOrSendAnyType) {
  const Graph graph = check_text(
      "graph: g\n"
      "nodes:\n"
      "  t: {type: text}\n"
      "  c: {type: cast, as: int, in: {value: t.text}}\n"
      "  a: {type: add, in: {a: c.value}}\n"
      "  s: {type: sink, in: {value: t.text}}\n");
  EXPECT_STREQ(node(graph, "c").out_types[0]->name, "int");
}

TEST(Check, PatternsMayNameParamsAndTheRunsOwnFields) {
  const Graph graph = check_text(
      "graph: g\n"
      "params: {seed: {type: int, default: 0}, word: {type: string, default: w}}\n"
      "nodes:\n"
      "  a: {type: number}\n"
      "  w: {type: write, file: \"{graph}/{node}-{item:06}-{seed:04}.txt\", in: {value: a.value}}\n"
      "  v: {type: write, file: \"${word}-{item}.txt\", in: {value: a.value}}\n"
      "  l: {type: loop, steps: 2, nodes: {x: {type: write, file: \"{turn}{{}}.txt\", in: {value: a.value}}}}\n");
  EXPECT_EQ(prop(graph, "w", "file").constant, Scalar(Pattern{"{graph}/{node}-{item:06}-{seed:04}.txt"}));
}

TEST(Check, TakesAThousandNodesWrittenBackwards) {
  std::string text = "graph: g\nnodes:\n";
  for (int i = 999; i > 0; --i) {
    text += "  n" + std::to_string(i) + ": {type: add, in: {a: n" + std::to_string(i - 1) +
            (i == 1 ? ".value" : ".sum") + "}}\n";
  }
  text += "  n0: {type: number}\n";
  const Graph graph = check_text(text);
  EXPECT_EQ(graph.nodes[graph.regions[0].nodes[0]].id, "n0");
  EXPECT_EQ(graph.nodes[graph.regions[0].nodes[999]].id, "n999");
}

}  // namespace
}  // namespace graph
