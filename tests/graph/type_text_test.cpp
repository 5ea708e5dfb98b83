// SPDX-License-Identifier: MIT
#include "graph/type_text.h"

#include <gmock/gmock.h>

#include "graph/load.h"
#include "graph/plan.h"
#include "graph/run.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

using ::testing::HasSubstr;

/// Has everything that a contract can say.
class Wordy final : public Node {
 public:
  static constexpr In<std::string> kText{"text", "any text", true};
  static constexpr In<Value> kAny{"any", "whatever"};
  static constexpr Gather<std::int64_t> kAll{"all", "a number of each item"};
  static constexpr Ins<List<List<std::string>>> kMany{"many", "lists of lists", true};
  static constexpr Out<Value> kWhatever{"whatever", "as any", "", "any"};
  static constexpr Out<std::int64_t> kIfNeeded{.name = "if-needed", .shape = "a number", .given = "needed"};
  static constexpr Out<std::string> kSame{"same", "the text"};
  static constexpr Out<Value> kNamed{"named", "what `of` says", "of"};
  static constexpr Prop<std::string> kOf{.name = "of", .help = "a type:\nits name", .value = "int", .choices = "int|x"};
  static constexpr Prop<double> kPart{
      .name = "part", .help = "of all", .value = 0.1, .min = -1e-9, .max = 1.0 / 3, .unit = "€"};
  static constexpr Prop<int> kNeeded{.name = "needed", .help = "without a default", .max = 7, .feedable = false};
  static constexpr Prop<Ramp> kRamp{.name = "ramp", .help = "moves", .value = Ramp{0.5, 2}};
  static constexpr Prop<Pattern> kFile{.name = "file", .help = "a name", .value = "{seed:04}.txt"};
  static Contract contract() {
    return Contract("wordy", "Says \"all\":\n1:2.", kText, kAny, kAll, kMany, kSame, kNamed, kWhatever, kIfNeeded, kOf,
                    kPart, kNeeded, kRamp, kFile)
        .family("fakes")
        .resource("io")
        .concurrency(3)
        .batch(4)
        .mixed_properties()
        .bypass(kSame, kText)
        .example("a: {type: wordy}\nb: {}");
  }
  void process(Context&) const override {}
  std::unique_ptr<Node> bind(const Props&) const override { return std::make_unique<Wordy>(); }
};

Registry described(const std::string& text, const Registry::Maker& make = nullptr) {
  Registry registry;
  registry.add_described(text, make);
  return registry;
}

TEST(TypeText, DescribedTypesSayWhatTheRealOnesSay) {
  Registry real;
  fake::register_all(real);
  real.add<Wordy>();
  const std::string text = type_text(real);
  const Registry registry = described(text);
  EXPECT_EQ(registry.type_names(), real.type_names());
  EXPECT_EQ(type_text(registry), text);
  const Contract& contract = registry.find("wordy")->contract;
  EXPECT_EQ(contract.example(), "a: {type: wordy}\nb: {}");
  EXPECT_EQ(contract.props()[1].value, Scalar(0.1));
  EXPECT_EQ(contract.props()[1].range.max, 1.0 / 3);
  EXPECT_EQ(contract.props()[2].value, std::nullopt);
  EXPECT_EQ(contract.bypasses(), (std::vector<std::pair<int, int>>{{0, 0}}));
  EXPECT_TRUE(contract.binds());
  EXPECT_FALSE(registry.find("add")->contract.binds());
  EXPECT_TRUE(contract.ins()[3].several);
  EXPECT_STREQ(contract.ins()[3].type->name, "string[][]");
  EXPECT_TRUE(*contract.ins()[3].type == value_type<List<List<std::string>>>());
  EXPECT_EQ(contract.outs()[2].type_of, "any");
  EXPECT_EQ(contract.outs()[3].given, "needed");
  EXPECT_FALSE(contract.props()[0].feedable) << "it names the type of a port";
  EXPECT_TRUE(contract.props()[1].feedable);
  EXPECT_FALSE(contract.props()[2].feedable);
  EXPECT_FALSE(contract.props()[3].feedable) << "a ramp";
}

TEST(TypeText, DescribedTypesOnLinksAreTheRealOnes) {
  Registry real;
  real.add<Wordy>();
  const Registry registry = described(type_text(real));
  const Contract& contract = registry.find("wordy")->contract;
  EXPECT_TRUE(*contract.ins()[0].type == value_type<std::string>());
  EXPECT_NE(contract.ins()[0].type->length, nullptr);
  EXPECT_EQ(contract.ins()[1].type, nullptr);
  EXPECT_TRUE(*contract.ins()[2].type == value_type<std::int64_t>());
  EXPECT_EQ(contract.ins()[2].type->length, nullptr);
}

TEST(TypeText, NodesAreMadeByTypeWithTheirProperties) {
  Registry real;
  fake::register_all(real);
  std::vector<std::string> made;
  const Registry registry = described(type_text(real), [&](const std::string& type, const Props& props) {
    made.push_back(type);
    return real.find(type)->make(props);
  });
  const auto graph =
      std::make_shared<Graph>(check(load_text("graph: g\nnodes: {a: {type: number, number: 3}}\n"), registry));
  EXPECT_TRUE(made.empty());
  std::int64_t sent = 0;
  RunOptions options;
  options.taps = {{"a.value", [&](const Item&, const Value& value) { sent = value.as<std::int64_t>(); }}};
  EXPECT_EQ(run(Plan(graph, {}), options).done, 1);
  EXPECT_EQ(sent, 3);
  EXPECT_EQ(made, std::vector<std::string>{"number"});
}

TEST(TypeText, WhatIsDamagedIsRefused) {
  Registry real;
  real.add<Wordy>();
  const std::string text = type_text(real);
  for (std::size_t size = 1; size < text.size(); ++size)
    EXPECT_THROW(described(text.substr(0, size)), std::runtime_error) << size;
  for (const char* bad : {"x", ":", "1:", "1:a", "99999999999999999999:a\n", "18446744073709551615:a\n", "-1:\n"}) {
    try {
      described(bad);
      ADD_FAILURE() << bad;
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), HasSubstr("the description of node types is damaged at byte 0")) << bad;
    }
  }
}

}  // namespace
}  // namespace graph
