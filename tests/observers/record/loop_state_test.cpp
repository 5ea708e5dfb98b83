// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "graph/elements.h"
#include "observers/record/loop_state_folder.h"
#include "tests/observers/sample.h"
#include "tests/observers/temp_folder.h"

namespace observers {
namespace {

using graph::KeptLoop;
using graph::LoopPlace;
using graph::Value;
using testing::HasSubstr;

const graph::Registry& keepers() {
  static const graph::Registry kAll = [] {
    graph::Registry all;
    graph::add_elements(all);
    return all;
  }();
  return kAll;
}

template <class Act>
std::string thrown_by(Act act) {
  try {
    act();
    return "";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

class LoopStateTest : public FolderTest {
 protected:
  LoopStateTest() {
    state_.turn = 2;
    state_.turns = 3;
    state_.states = {Value::of(std::int64_t{7}), Value::of(std::string("a\0b", 3))};
    const Value list = Value::list(graph::value_type<double>(), {Value::of(1.0 / 3), Value()});
    state_.last = {Value(), Value::list(graph::list_of(graph::value_type<double>()), {list, Value(), list})};
    state_.collected = {{Value::of(true), Value::of(false), Value()}};
    state_.slots = {{step_, {1, 2}, Value::of(std::int64_t{5})}};
    state_.picks = {{step_, "colour", {1}, {0, 3}, -1, {"red", "blue"}, true}};
    place_.loop = plan_.graph().find_node("denoise");
    place_.item.index = 1;
    place_.item.params = {{"seed", std::int64_t{1}}};
    place_.turns = {4};
    place_.element = {2};
  }

  LoopStateFolder folder(bool resume, const StateKey& key = {{"graph", "abc"}, {"version", "1"}}) {
    return {plan_, keepers(), {folder_.string(), folder_.string(), resume, {}, key}};
  }

  const graph::Plan plan_ = sample::make_plan();
  const int step_ = plan_.graph().find_node("denoise.step");
  KeptLoop state_;
  LoopPlace place_;
  const std::string name_ = ".state/denoise@0001.t0004.e02.state";
};

TEST_F(LoopStateTest, GivesBackAllThatWasKept) {
  write("a.png", "picture");
  state_.files = {{"save", "a.png", 7}};
  folder(false).save(place_, state_);
  ASSERT_TRUE(exists(name_));
  LoopStateFolder states = folder(true);
  const std::optional<KeptLoop> back = states.load(place_);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->turn, 2);
  EXPECT_EQ(back->turns, 3);
  EXPECT_EQ(back->states.at(0).as<std::int64_t>(), 7);
  EXPECT_EQ(back->states.at(1).as<std::string>(), std::string("a\0b", 3));
  EXPECT_TRUE(back->last.at(0).empty());
  const std::vector<Value>& places = back->last.at(1).places();
  ASSERT_EQ(places.size(), 3u);
  EXPECT_TRUE(places[1].empty());
  EXPECT_EQ(places[2].places().at(0).as<double>(), 1.0 / 3);
  EXPECT_TRUE(back->last.at(1).type() == state_.last[1].type());
  EXPECT_TRUE(back->collected.at(0).at(0).as<bool>());
  EXPECT_TRUE(back->collected.at(0).at(2).empty());
  EXPECT_EQ(back->slots.at(0).node, step_);
  EXPECT_EQ(back->slots.at(0).element, (std::vector<int>{1, 2}));
  EXPECT_EQ(back->picks.at(0).picked, (std::vector<std::string>{"red", "blue"}));
  EXPECT_EQ(back->files.at(0).path, "a.png");
  states.drop(place_);
  EXPECT_FALSE(exists(".state"));
}

TEST_F(LoopStateTest, OfAnotherRunPlaceOrItemIsNone) {
  folder(false).save(place_, state_);
  LoopPlace other = place_;
  other.item.index = 2;
  EXPECT_FALSE(folder(true).load(other));
  other = place_;
  other.element = {3};
  EXPECT_FALSE(folder(true).load(other));
  other = place_;
  other.item.params[0].value = std::int64_t{5};
  EXPECT_THAT(thrown_by([&] { folder(true).load(other); }),
              HasSubstr(name_ + ": it is of another set of params: was seed=1, is seed=5"));
  EXPECT_THAT(thrown_by([&] {
                folder(true, {{"graph", "abd"}, {"version", "1"}}).load(place_);
              }),
              HasSubstr("it is of another graph"));
  EXPECT_THAT(thrown_by([&] {
                folder(true, {{"graph", "abc"}, {"version", "2"}}).load(place_);
              }),
              HasSubstr("it is of another version: was 1, is 2"));
}

TEST_F(LoopStateTest, ARunThatDoesNotGoOnForgetsThem) {
  folder(false).save(place_, state_);
  EXPECT_TRUE(has_loop_states(folder_.string()));
  folder(false);
  EXPECT_FALSE(has_loop_states(folder_.string()));
}

TEST_F(LoopStateTest, AllStaysOfAnItemAreForgottenAndNoOthers) {
  LoopStateFolder states = folder(false);
  LoopPlace other = place_;
  other.item.index = 10;
  for (const LoopPlace& place : {place_, other}) states.save(place, state_);
  other.element = {7};
  states.save(other, state_);
  states.drop_all(place_.loop, 1);
  EXPECT_FALSE(exists(name_));
  EXPECT_TRUE(exists(".state/denoise@0010.t0004.e02.state"));
  states.drop_all(place_.loop, 10);
  EXPECT_FALSE(exists(".state"));
}

/// Cut off anywhere it is refused, and so with any byte changed.
TEST_F(LoopStateTest, WhatIsCutOffOrChangedIsRefused) {
  const StateKey key{{"graph", "abc"}};
  const std::string good = write_state({key, state_, {}}, plan_.graph(), keepers());
  EXPECT_NO_THROW(read_state(good, key, plan_.graph(), keepers()));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_THROW(read_state(good.substr(0, size), key, plan_.graph(), keepers()), std::runtime_error) << size;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] ^= 0x10;
    EXPECT_THROW(read_state(bad, key, plan_.graph(), keepers()), std::runtime_error) << at;
  }
}

/// The sum is right, and what it is of is not.
TEST_F(LoopStateTest, AHostileHeaderIsRefused) {
  const StateKey key{{"graph", "abc"}};
  const std::string good = write_state({key, state_, {}}, plan_.graph(), keepers());
  const std::size_t begin = std::string("decoupage loop state 1\n").size();
  const auto with = [&](const std::string& what, const std::string& other) {
    std::string text = good.substr(0, good.size() - 4);
    const std::size_t at = text.find(what);
    EXPECT_NE(at, text.npos) << what;
    text.replace(at, what.size(), other);
    std::uint64_t length = 0;
    std::memcpy(&length, text.data() + begin, sizeof length);
    length += other.size() - what.size();
    std::memcpy(text.data() + begin, &length, sizeof length);
    const std::uint32_t sum = crc32_of(text);
    text.append(reinterpret_cast<const char*>(&sum), sizeof sum);
    return thrown_by([&] { read_state(text, key, plan_.graph(), keepers()); });
  };
  EXPECT_EQ(with("\"turn\":2", "\"turn\":2"), "");
  EXPECT_THAT(with("\"turn\":2", "\"turn\":-99999999999"), HasSubstr("expected a whole number"));
  EXPECT_THAT(with("\"turn\":2", "\"turn\":\"2\""), HasSubstr("expected a whole number"));
  EXPECT_THAT(with("\"at\":0", "\"at\":18446744073709551615"), HasSubstr("an array lies beyond its end"));
  EXPECT_THAT(with("\"bytes\":8", "\"bytes\":99999999"), HasSubstr("an array lies beyond its end"));
  EXPECT_THAT(with("\"bytes\":8", "\"bytes\":7"), HasSubstr("a number is cut"));
  EXPECT_THAT(with("\"kind\":\"int64\"", "\"kind\":\"int65\""), HasSubstr("expected a int64"));
  EXPECT_THAT(with("\"type\":\"int\"", "\"type\":\"latents\""), HasSubstr("which nobody here keeps"));
  EXPECT_THAT(with("\"type\":\"float[][]\"", "\"type\":\"float\""), HasSubstr("a list of the type 'float'"));
  EXPECT_THAT(with("\"type\":\"float[][]\"", "\"type\":\"int[][]\""), HasSubstr("in a list of"));
  EXPECT_THAT(with("\"node\":\"denoise.step\"", "\"node\":\"gone\""), HasSubstr("names the node 'gone'"));
  EXPECT_THAT(with("\"states\":[", "\"states\":{},\"x\":["), HasSubstr("a list is due"));
  EXPECT_THAT(with("\"slots\":", "\"slits\":"), HasSubstr("its header is not as it is written"));
  std::string deep = "\"turn\":";
  for (int i = 0; i < 100'000; ++i) deep += "[";
  EXPECT_NE(with("\"turn\":", deep), "");
}

TEST_F(LoopStateTest, FilesAreHeldAgainstWhatTheyWere) {
  write("a.png", "picture");
  state_.files = {{"save", "a.png", 7}};
  folder(false).save(place_, state_);
  EXPECT_TRUE(folder(true).load(place_));
  write("a.png", "pictures");
  EXPECT_THAT(thrown_by([&] { folder(true).load(place_); }), HasSubstr("'a.png' is gone, or not as the loop wrote it"));
  std::filesystem::remove(folder_ / "a.png");
  EXPECT_THAT(thrown_by([&] { folder(true).load(place_); }), HasSubstr("'a.png' is gone"));
}

TEST_F(LoopStateTest, AFileOutsideOfTheFolderIsRefused) {
  std::string text = write_state({{{"set of params", "seed=1"}, {"place", "denoise@0001.t0004.e02.state"}},
                                  state_,
                                  {{{"save", "../a.png", 7}, 1}}},
                                 plan_.graph(), keepers());
  write(name_, text);
  EXPECT_THAT(thrown_by([&] { folder(true, {}).load(place_); }), HasSubstr("a file outside of the output folder"));
}

}  // namespace
}  // namespace observers
