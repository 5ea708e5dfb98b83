// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class Flags : public testing::Test {
 protected:
  /// The names of the pictures that a run with these words makes.
  std::vector<std::string> pictures(std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "dots.yaml"});
    words.insert(words.end(), {"--output-dir", "out", "--overwrite", "--quiet"});
    result_ = decoupage(words, {folder_.path()});
    std::vector<std::string> names;
    for (const auto& [name, bytes] : folder_.outputs("out")) names.push_back(name);
    std::filesystem::remove_all(folder_ / "out");
    return names;
  }

  /// What a run with these words says before it leaves with 2.
  std::string refusal(const std::vector<std::string>& words) {
    EXPECT_THAT(pictures(words), ElementsAre());
    EXPECT_EQ(result_.code, 2) << result_.err;
    return result_.err;
  }

  Folder folder_;
  std::string graph_ = folder_.write("dots.yaml", kDots);
  Result result_;
};

TEST_F(Flags, DefaultsMakeOneItem) {
  EXPECT_THAT(pictures({}), ElementsAre("0-1-false-a_cat-noise.png"));
  EXPECT_EQ(result_.code, 0) << result_.err;
}

TEST_F(Flags, TakeAValueAsNextWordOrBehindAnEqualsSign) {
  EXPECT_THAT(pictures({"--seed", "7"}), ElementsAre("7-1-false-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--seed=7"}), ElementsAre("7-1-false-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--param", "seed=7"}), ElementsAre("7-1-false-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--prompt=--dashes"}), ElementsAre("0-1-false-dashes-noise.png"));
}

TEST_F(Flags, BoolsAreSwitchedByTheirNameAlone) {
  EXPECT_THAT(pictures({"--noisy"}), ElementsAre("0-1-true-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--noisy", "--no-noisy"}),
              UnorderedElementsAre("0-1-false-a_cat-noise.png", "0-1-true-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--no-noisy"}), ElementsAre("0-1-false-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--noisy", "true"}), ElementsAre("0-1-true-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--noisy", "true,false"}).size(), 2u);
}

TEST_F(Flags, IntsTakeListsAndRanges) {
  EXPECT_EQ(pictures({"--seed", "3..5"}).size(), 3u);
  EXPECT_THAT(pictures({"--seed", "8..1..3,20"}),
              UnorderedElementsAre("8-1-false-a_cat-noise.png", "5-1-false-a_cat-noise.png",
                                   "2-1-false-a_cat-noise.png", "20-1-false-a_cat-noise.png"));
  EXPECT_EQ(pictures({"--seed", "010"}), pictures({"--seed", "10"}));
}

TEST_F(Flags, FloatRangesEndWhereTheySay) {
  EXPECT_THAT(pictures({"--scale", "0.1..0.3..0.1"}),
              ElementsAre("0-0.1-false-a_cat-noise.png", "0-0.2-false-a_cat-noise.png", "0-0.3-false-a_cat-noise.png"));
}

TEST_F(Flags, ExponentsOfZeroMayBeAnything) {
  for (const char* zero : {"0e99999999999", "0e-2147483648", "0.0E+2147483647"}) {
    EXPECT_THAT(refusal({"--scale", zero + std::string("..1..1")}), HasSubstr("0 is below the minimum 0.05"));
  }
}

TEST_F(Flags, StringsAreOneValueWithTheirCommas) {
  EXPECT_THAT(pictures({"--prompt", "a cat, sitting"}), ElementsAre("0-1-false-a_cat_sitting-noise.png"));
}

TEST_F(Flags, AFlagThatIsRepeatedIsAList) {
  EXPECT_THAT(pictures({"--prompt", "a", "--prompt", "b, c"}),
              UnorderedElementsAre("0-1-false-a-noise.png", "0-1-false-b_c-noise.png"));
}

TEST_F(Flags, SweepSplitsAtCommasOutsideQuotes) {
  EXPECT_THAT(pictures({"--sweep", "prompt=\"a cat, sitting\",a dog,b\\,c"}),
              UnorderedElementsAre("0-1-false-a_cat_sitting-noise.png", "0-1-false-a_dog-noise.png",
                                   "0-1-false-b_c-noise.png"));
  EXPECT_EQ(pictures({"--sweep", "seed=0..3,9"}).size(), 5u);
  EXPECT_THAT(refusal({"--sweep", "prompt=\"a"}),
              HasSubstr("--sweep prompt: error: param 'prompt': a double quote does not close"));
}

TEST_F(Flags, SweepsMultiply) {
  EXPECT_EQ(pictures({"--seed", "0..2", "--sweep", "style=noise,plain", "--noisy", "true,false"}).size(), 12u);
}

TEST_F(Flags, SeedsAreCountedAsCollageNetCountsThem) {
  EXPECT_THAT(
      pictures({"--seed", "16", "--num-seeds", "3", "--seed-offset", "4"}),
      UnorderedElementsAre("20-1-false-a_cat-noise.png", "21-1-false-a_cat-noise.png", "22-1-false-a_cat-noise.png"));
  EXPECT_EQ(pictures({"--num_seeds=2"}).size(), 2u);
  EXPECT_THAT(refusal({"--seed", "1,2", "--num-seeds", "3"}), HasSubstr("--num-seeds: error: counts from one seed"));
  EXPECT_THAT(refusal({"--num-seeds", "0"}), HasSubstr("must be 1 or more, got 0"));
}

TEST_F(Flags, NumSeedsNeedsAnIntSeed) {
  folder_.write("dots.yaml",
                "graph: g\nparams: {size: {type: int, default: 8}}\nnodes:\n"
                "  noise: {type: draw-noise, width: $size, height: 8}\n"
                "  save: {type: save-image, in: {image: noise.image}}\n");
  EXPECT_THAT(refusal({"--num-seeds", "3"}), HasSubstr("graph 'g' has no int param 'seed'"));
}

TEST_F(Flags, UnknownOnesNameTheNearest) {
  EXPECT_THAT(refusal({"--prompd", "a"}), HasSubstr("--prompd: error: graph 'dots' has no param of that name, and the "
                                                    "command no such option (did you mean '--prompt'?)"));
  EXPECT_THAT(refusal({"--overwrit"}), HasSubstr("(did you mean '--overwrite'?)"));
  EXPECT_THAT(refusal({"--sweep", "sed=1,2"}), HasSubstr("graph 'dots' has no param 'sed' (did you mean 'seed'?)"));
}

TEST_F(Flags, AllFaultsAreToldAtOnce) {
  const std::string text = refusal({"--seed", "x", "--scale", "y", "--noisy", "maybe"});
  EXPECT_THAT(text, HasSubstr("--seed: error: param 'seed': expected an int, got 'x'"));
  EXPECT_THAT(text, HasSubstr("--scale: error: param 'scale': expected a float, got 'y'"));
  EXPECT_THAT(text, HasSubstr("--noisy: error: param 'noisy': expected true or false, got 'maybe'"));
  EXPECT_THAT(text, HasSubstr("3 errors"));
}

TEST_F(Flags, ValuesAreHeldAgainstTheirRange) {
  EXPECT_THAT(refusal({"--seed", "-2"}), HasSubstr("param 'seed': -2 is below the minimum 0"));
  EXPECT_THAT(refusal({"--style", "oil"}), HasSubstr("'oil' is not one of noise, plain"));
  EXPECT_THAT(refusal({"--seed", "1,2,1"}), HasSubstr("--seed: error: param 'seed' is swept over 1 twice"));
}

TEST_F(Flags, WrongRangesSayWhy) {
  EXPECT_THAT(refusal({"--scale", "0.1..0.5"}), HasSubstr("needs a step"));
  EXPECT_THAT(refusal({"--seed", "0..9..0"}), HasSubstr("must be above 0"));
  constexpr const char* kTooMany = "too many values: at most 1000000 (--max sweep-values=N sets another limit)";
  EXPECT_THAT(refusal({"--seed", "0..9999999999"}), HasSubstr(kTooMany));
  EXPECT_THAT(refusal({"--seed", "0..999999,0..5"}), HasSubstr(kTooMany));
  EXPECT_THAT(refusal({"--seed", "0..999999", "--seed", "0..5", "--seed", "0..999999"}),
              HasSubstr(std::string("param 'seed': ") + kTooMany));
  EXPECT_THAT(refusal({"--seed", "1..2..3..4"}), HasSubstr("expected A..B or A..B..STEP"));
  EXPECT_THAT(refusal({"--seed", "1,"}), HasSubstr("expected an int, got ''"));
}

TEST_F(Flags, AMissingValueIsAskedFor) {
  EXPECT_THAT(refusal({"--seed"}), HasSubstr("--seed: error: a value is due: --seed int in [0, 1000000]"));
  EXPECT_THAT(refusal({"--no-seed"}), HasSubstr("param 'seed' is int and no bool"));
}

TEST_F(Flags, SetReachesAPropertyOfANode) {
  pictures({"--set", "noise.width=24"});
  EXPECT_EQ(result_.code, 0) << result_.err;
  EXPECT_THAT(refusal({"--set", "noise.widht=24"}), HasSubstr("did you mean 'width'?"));
  EXPECT_THAT(refusal({"--set", "width=24"}), HasSubstr("expected --set NODE.PROPERTY=VALUE"));
}

TEST_F(Flags, AGraphBehindAFlagIsNotItsValue) {
  const Result result = decoupage({"run", "--noisy", "dots.yaml"}, {folder_.path()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--noisy has taken 'dots.yaml' as its value; params come behind GRAPH"));
}

TEST_F(Flags, AParamWithTheNameOfAnOptionIsSetByParam) {
  folder_.write("dots.yaml",
                "graph: g\nparams: {lanes: {type: int, default: 8}}\nnodes:\n"
                "  noise: {type: draw-noise, width: $lanes, height: 8}\n"
                "  save: {type: save-image, path: \"{lanes}.png\", in: {image: noise.image}}\n");
  EXPECT_THAT(pictures({"--lanes", "1", "--param", "lanes=9"}), ElementsAre("9.png"));
  const Result result = decoupage({"check", "dots.yaml"}, {folder_.path()});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err,
              HasSubstr("dots.yaml:2:10: warning: param 'lanes' has the name of an option of decoupage run"));
}

struct NearOption {
  std::vector<std::string> words;
  std::string said;
};

/// One line that says what to write.
TEST_F(Flags, ThatNearlyAreAnOptionSayWhatToWrite) {
  const std::vector<NearOption> all{
      {{"—seed", "3"}, "'—seed' begins with a dash that is not '-': write --seed"},
      {{"–seed=3"}, "write --seed=3"},
      {{"−seed", "3"}, "write --seed"},
      {{"――seed", "3"}, "write --seed"},
      {{"—h"}, "write -h"},
      {{"-seed", "3"}, "did you mean --seed?"},
      {{"-output-dir", "x"}, "'-output-dir' begins with one dash: write --output-dir"},
      {{"-max_items=3"}, "'-max_items=3' begins with one dash: write --max_items=3"},
      {{"-1"}, "'-1' belongs to no option: a number below zero stands behind one, such as --seed -1"},
      {{"-"}, "'-' belongs to nothing before it, and the standard input is not read"},
      {{""}, "an empty word belongs to nothing before it: is a variable empty that stands in quotes?"},
      {{"-h=3"}, "'-h=3' gives -h a value, and it takes none"},
      {{"--seed 3"}, "'--seed 3' is one word: write --seed and its value as two"},
      {{"--=3"}, "'--=3' has no name in front of '='"},
      {{"--", "--seed", "3"}, "'--seed' stands behind --, where every word is a file: write it in front"},
      {{"--lanes"}, "--lanes: there is no value, and N|auto is due"},
      {{"--lanes", "--seed", "3"}, "--lanes: there is no value, and N|auto is due"},
      {{"--lanes", ""}, "--lanes: the value is empty, and N|auto is due"},
      {{"--trace="}, "--trace: the value is empty, and FILE is due"},
  };
  for (const NearOption& one : all) EXPECT_THAT(refusal(one.words), HasSubstr(one.said)) << one.words.front();
  const auto said = [&](std::vector<std::string> words) { return decoupage(words, {folder_.path()}).err; };
  EXPECT_THAT(said({"check", "-json", "dots.yaml"}), HasSubstr("-json: error: no such option; write --json"));
  EXPECT_THAT(said({"check", "-q"}), HasSubstr("-q: error: no such option"));
  EXPECT_THAT(said({"—version"}), HasSubstr("write --version"));
}

TEST_F(Flags, BehindTwoDashesAloneStandFiles) {
  std::filesystem::rename(folder_ / "dots.yaml", folder_ / "-dots.yaml");
  EXPECT_EQ(decoupage({"check", "--", "-dots.yaml"}, {folder_.path()}).code, 0);
  EXPECT_EQ(decoupage({"run", "--seed", "3", "--output-dir", "out", "--", "-dots.yaml"}, {folder_.path()}).code, 0);
}

TEST_F(Flags, ValuesMayBeginWithADash) {
  EXPECT_THAT(pictures({"--prompt", "-a cat", "--scale", "2"}), ElementsAre("0-2-false-a_cat-noise.png"));
  EXPECT_THAT(pictures({"--prompt", "—a"}).size(), 1);
}

}  // namespace
}  // namespace testing_cli
