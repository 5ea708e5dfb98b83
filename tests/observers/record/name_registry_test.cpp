// SPDX-License-Identifier: MIT
#include "observers/record/name_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "observers/record/run_places.h"
#include "tests/observers/temp_folder.h"

namespace observers {
namespace {

using testing::HasSubstr;

class SharedNames : public FolderTest {
 protected:
  SharedNames() { std::filesystem::create_directories(path("out/runs")); }

  std::string refusal(NameRegistry& names, const std::string& file) {
    try {
      names.claim(file);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  }
};

TEST_F(SharedNames, AFileIsOfTheRunThatSaidItsNameFirst) {
  NameRegistry first(path("out"), 1), second(path("out"), 2);
  first.claim("a.png");
  second.claim("b.png");
  write("out/a.png", "a");
  write("out/b.png", "b");
  EXPECT_THAT(refusal(first, "b.png"), HasSubstr("'b.png' is there already, and run 2 made it"));
  EXPECT_THAT(refusal(second, "a.png"), HasSubstr("run 1 made it"));
  EXPECT_EQ(refusal(first, "a.png"), "") << "its own it may replace";
  NameRegistry later(path("out"), 1);
  EXPECT_EQ(refusal(later, "a.png"), "") << "also in a later process";
}

TEST_F(SharedNames, WhatIsGoneIsFreeAgain) {
  NameRegistry first(path("out"), 1), second(path("out"), 2);
  first.claim("a.png");
  EXPECT_EQ(refusal(second, "a.png"), "");
  write("out/a.png", "a");
  EXPECT_THAT(refusal(first, "a.png"), HasSubstr("run 2 made it"));
}

TEST_F(SharedNames, OverwriteTakesOverWhatIsThere) {
  NameRegistry first(path("out"), 1), second(path("out"), 2, true);
  first.claim("a.png");
  write("out/a.png", "a");
  write("out/b.png", "b");
  EXPECT_EQ(refusal(second, "a.png"), "");
  EXPECT_EQ(refusal(second, "b.png"), "");
  EXPECT_THAT(refusal(first, "a.png"), HasSubstr("run 2 made it"));
}

TEST_F(SharedNames, OfNobodyIsWhatWasThere) {
  write("out/a.png", "a");
  NameRegistry names(path("out"), 1);
  EXPECT_THAT(refusal(names, "a.png"), HasSubstr("no run of this folder made it"));
}

TEST_F(SharedNames, HalfALineSpoilsNoOther) {
  {
    NameRegistry names(path("out"), 1);
    names.claim("a.png");
  }
  append("out/runs/names.jsonl", "{\"path\":\"b.p");
  {
    NameRegistry names(path("out"), 1);
    names.claim("c.png");
  }
  write("out/a.png", "a");
  write("out/c.png", "c");
  NameRegistry other(path("out"), 2);
  EXPECT_THAT(refusal(other, "a.png"), HasSubstr("run 1 made it"));
  EXPECT_THAT(refusal(other, "c.png"), HasSubstr("run 1 made it"));
  EXPECT_EQ(refusal(other, "b.png"), "");
}

TEST_F(SharedNames, PlacesAreThoseOfTheNewestOrTheNamedRun) {
  EXPECT_EQ(new_shared_run(path("out")).record, path("out/runs/0001"));
  EXPECT_EQ(new_shared_run(path("out")).record, path("out/runs/0002"));
  EXPECT_EQ(places_of(path("out")).number, 0) << "none has a record yet";
  write("out/runs/0001/run.json", "{}");
  write("out/runs/0002/run.json", "{}");
  write("out/runs/12/run.json", "{}");
  EXPECT_EQ(shared_runs(path("out")).size(), 2u);
  EXPECT_EQ(places_of(path("out")).number, 2);
  const RunPlaces named = places_of(path("out/runs/0001/"));
  EXPECT_EQ(named.number, 1);
  EXPECT_EQ(named.files, path("out"));
  write("out/run.json", "{}");
  EXPECT_EQ(places_of(path("out")).number, 0) << "the folder has a run of its own";
}

}  // namespace
}  // namespace observers
