// SPDX-License-Identifier: MIT
#include "graph/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/sha1.h"
#include "tests/graph/run_graph.h"

namespace graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::map<std::string, Scalar> kValues{{"seed", std::int64_t{7}},
                                            {"stem", std::string()},
                                            {"prompt", std::string("A Cat!")},
                                            {"on", true},
                                            {"cut", 0.5},
                                            {"zero", std::int64_t{0}},
                                            {"marks", std::string("?!")},
                                            {"name", Pattern{"a__b"}}};

PatternValues values(const std::set<std::string>& swept = {}) {
  return {[](const std::string& field) { return kValues.at(field); },
          [swept](const std::string& field) { return swept.count(field) > 0; }};
}

std::string expanded(const std::string& text, const std::set<std::string>& swept = {}) {
  return expand_pattern(text, values(swept));
}

std::string refusal(const std::string& text) {
  try {
    parse_pattern(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

TEST(Pattern, FillsInFields) {
  EXPECT_EQ(expanded("{prompt}-{seed:04}-{cut}-{name}.png"), "a_cat-0007-0.5-a__b.png");
  EXPECT_EQ(expanded("{{{seed}}}"), "{7}");
  EXPECT_EQ(expanded("{stem}"), "_");
}

TEST(Pattern, ChoosesByWhatAFieldSays) {
  EXPECT_EQ(expanded("{stem?{stem}|{prompt}}.png"), "a_cat.png");
  EXPECT_EQ(expanded("{prompt?{prompt}|none}.png"), "a_cat.png");
  EXPECT_EQ(expanded("{marks?{marks}|render}"), "render") << "text that would leave nothing in a name says nothing";
  EXPECT_EQ(expanded("{on?yes|no}{zero?yes|no}{cut?yes|no}"), "yesnoyes");
  EXPECT_EQ(expanded("a{stem?b}c"), "ac");
  EXPECT_EQ(expanded("a{prompt?b{stem?c|d{seed:02}}}}}e"), "abd07}e");
}

TEST(Pattern, ChoosesByWhetherAFieldIsSwept) {
  EXPECT_EQ(expanded("a{seed:swept?_{seed}}.png"), "a.png");
  EXPECT_EQ(expanded("a{seed:swept?_{seed}}.png", {"seed"}), "a_7.png");
}

TEST(Pattern, NamesItsFields) {
  EXPECT_THAT(pattern_fields("{stem?{stem}{seed:swept?_{seed}}|{prompt}}"),
              ElementsAre("stem", "stem", "seed", "seed", "prompt"));
  EXPECT_THAT(pattern_fields("{stem?{stem}{seed:swept?_{seed}}|{prompt}}", values()), ElementsAre("stem", "prompt"));
  EXPECT_THAT(pattern_fields("{prompt?{seed:swept?_{seed}}|{stem}}", values({"seed"})), ElementsAre("prompt", "seed"));
}

TEST(Pattern, SaysWhatIsWrong) {
  EXPECT_THAT(refusal("{seed?a"), HasSubstr("'{' is not closed"));
  EXPECT_THAT(refusal("{seed?a|b|c}"), HasSubstr("'{' is not closed"));
  EXPECT_THAT(refusal("{seed?{}}"), HasSubstr("empty field"));
  EXPECT_THAT(refusal("{?a}"), HasSubstr("empty field"));
  EXPECT_THAT(refusal("{seed:04?a}"), HasSubstr("wants {seed?…} or {seed:swept?…}"));
  EXPECT_THAT(refusal("{seed:swept}"), HasSubstr("wants a width"));
}

TEST(Pattern, SettingsAsCollageNetNamesThem) {
  EXPECT_EQ(settings_text({}), "");
  EXPECT_EQ(settings_text({{"projection_start_frac", 0.6}, {"do_rotated", true}}),
            "projection_start_frac_0_6__do_rotated_true");
  EXPECT_EQ(settings_text({{"source_latents", Path{"some/where/Water-Colours.v2/"}}, {"seed", std::int64_t{-3}}}),
            "source_latents_water_colours__seed_3");
  EXPECT_EQ(settings_text({{"guidance_scale", 7.0}, {"alpha_start", 1e-6}}), "guidance_scale_7__alpha_start_1e_06");
  EXPECT_EQ(settings_text({{"negative_prompt", std::string("…")}}), "negative_prompt_value");
}

TEST(Pattern, LongSettingsAreCutAndMarked) {
  const std::string long_text(130, 'x');
  const std::string whole = "negative_prompt_" + long_text;
  EXPECT_EQ(settings_text({{"negative_prompt", long_text}}),
            whole.substr(0, 120) + "__h_" + base::sha1_hex(whole).substr(0, 8));
  EXPECT_EQ(settings_text({{"negative_prompt", std::string(104, 'x')}}).size(), 120u);
}

TEST(Pattern, TextsKeepTheirLetters) {
  EXPECT_EQ(slug("猫, 2 匹"), "猫_2_匹");
  EXPECT_EQ(slug("Ein Häuschen"), "ein_häuschen");
  EXPECT_EQ(slug("🐱"), "_");
  std::string cats;
  for (int i = 0; i < 60; ++i) cats += "猫";
  EXPECT_EQ(slug(cats).size(), 150u) << "50 characters";
  const std::string cut = settings_text({{"prompt", cats}});
  EXPECT_EQ(cut.size(), 120u - 2 + 12) << "120 bytes, cut between two characters";
}

TEST(Sha1, EqualsThePublishedDigests) {
  EXPECT_EQ(base::sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(base::sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(base::sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(base::sha1_hex(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

constexpr const char* kNamed = R"(
graph: named
params:
  prompt: {type: string, default: a cat}
  stem:   {type: string, default: ""}
  name:   {type: string, default: "{stem?{stem}{seed:swept?_{seed}}|{prompt}{overrides?__{overrides}}_{seed:04}_{id}}"}
  cut:    {type: float, default: 1, unused: true}
  seed:   {type: int, default: 0}
nodes:
  one:  {type: number, number: $seed}
  save: {type: write, file: "${name}.txt", in: {value: one.value}}
)";

/// The names that a run writes.
std::vector<std::string> names_of(const std::vector<Assignment>& assignments, std::vector<GivenSetting> given = {}) {
  const auto plan = fake::plan_of(kNamed, assignments);
  fake::Events events(Event::kOutput);
  Bus bus;
  bus.attach(events);
  RunOptions options;
  options.bus = &bus;
  options.given = std::move(given);
  options.output_dir = testing::TempDir() + "/pattern_names";
  EXPECT_EQ(fake::execute(plan, options).failed, 0);
  std::vector<std::string> names;
  for (const Event& event : events.of(Event::kOutput)) names.push_back(event.outputs[0].path);
  std::sort(names.begin(), names.end());
  return names;
}

TEST(FileNames, CarryOverridesAndAnId) {
  const auto plain = names_of({});
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_THAT(plain[0], testing::MatchesRegex("a_cat_0000_[0-9a-f]{8}.txt"));
  EXPECT_EQ(names_of({}), plain) << "the same run, the same name";
  EXPECT_NE(names_of({fake::texts("prompt", {"a cat"}), fake::ints("seed", 1, 1)}), plain);
  Assignment cut{"cut", {}, {}};
  cut.values.emplace_back(0.25);
  const auto named = names_of({cut, fake::texts("prompt", {"a dog"})}, {{"prompt", 0, {}}, {"cut", 3, {}}});
  EXPECT_THAT(named[0], testing::MatchesRegex("a_dog__cut_0_25_0000_[0-9a-f]{8}.txt"));
}

TEST(FileNames, OfSeveralSeedsDiffer) {
  EXPECT_THAT(names_of({fake::texts("stem", {"out"})}), ElementsAre("out.txt"));
  EXPECT_THAT(names_of({fake::texts("stem", {"out"}), fake::ints("seed", 1, 2)}),
              ElementsAre("out_1.txt", "out_2.txt"));
}

TEST(FileNames, ThatTheRunMakesAreChecked) {
  const auto fault = [](const std::string& name) {
    try {
      names_of({fake::texts("name", {name}), fake::ints("seed", 1, 2)});
    } catch (const Faults& faults) {
      return std::string(faults.what());
    }
    return std::string();
  };
  EXPECT_THAT(fault("{sed}"), HasSubstr("{sed} in '{sed}.txt' names nothing"));
  EXPECT_THAT(fault("{seed"), HasSubstr("'{' is not closed"));
  EXPECT_THAT(fault("{turn}"), HasSubstr("{turn} in '{turn}.txt' names nothing"));
  EXPECT_THAT(fault("{stem?{seed}|x}"), HasSubstr("names the same file for every 'seed'"));
}

TEST(Params, KnowAliasesAndFixedValues) {
  const std::string yaml = R"(
graph: p
params:
  max_width: {type: int, default: 0, alias: max-source-width}
  safe: {type: bool, default: true, fixed: true, about: pickles are never read}
nodes: {one: {type: number, number: $max_width}}
)";
  const Graph graph = check(load_text(yaml), fake::registry());
  EXPECT_EQ(graph.find_param("max_source_width"), 0);
  Assignment safe{"safe", {}, {"--safe", 0, 0}};
  safe.values.emplace_back(true);
  EXPECT_EQ(fake::plan_of(yaml, {safe}).items(), 1);
  safe.values = {};
  safe.values.emplace_back(false);
  try {
    fake::plan_of(yaml, {safe});
    FAIL();
  } catch (const Faults& faults) {
    EXPECT_STREQ(faults.what(), "--safe: error: param 'safe': it is always true: pickles are never read; got false");
  }
}

}  // namespace
}  // namespace graph
