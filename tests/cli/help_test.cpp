// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/graphs.h"
#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Help, NamesEveryCommandAndShowsExamples) {
  const Result result = decoupage({"--help"});
  EXPECT_EQ(result.code, 0);
  for (const char* command : {"run", "check", "inspect", "draw", "encode", "rerun", "metadata", "schema"}) {
    EXPECT_THAT(result.out, HasSubstr(std::string("\n  ") + command + " "));
  }
  EXPECT_THAT(result.out, HasSubstr("decoupage run graph.yaml --seed 0..15"));
}

TEST(Help, WithoutACommandIsAnError) {
  EXPECT_EQ(decoupage({}).code, 2);
}

TEST(Help, EveryCommandHasItsOwn) {
  for (const char* command : {"run", "check", "inspect", "draw", "encode", "rerun", "metadata", "schema"}) {
    const Result result = decoupage({command, "--help"});
    EXPECT_EQ(result.code, 0) << command;
    EXPECT_THAT(result.out, HasSubstr("Usage: decoupage " + std::string(command)));
  }
}

TEST(Help, OfAGraphListsItsParams) {
  Folder folder;
  folder.write("dots.yaml", kDots);
  const Result result = decoupage({"run", "dots.yaml", "--help"}, {folder.path()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("One small picture per seed."), HasSubstr("Params of dots:"),
                    HasSubstr("what to draw (string, default \"a cat\")"), HasSubstr("--seed INT"),
                    HasSubstr("(int in [0, 1000000], default 0)"), HasSubstr("--[no-]noisy"),
                    HasSubstr("one of noise, plain"), HasSubstr("--num-seeds INT"), HasSubstr("--output-dir")));
}

TEST(Help, OfAGraphWithParamsThatMustBeGiven) {
  Folder folder;
  folder.write("g.yaml",
               "graph: g\nparams: {seed: {type: int}}\nnodes:\n  noise: {type: draw-noise, seed: $seed}\n"
               "  save: {type: save-image, in: {image: noise.image}}\n");
  const Result help = decoupage({"run", "g.yaml", "--help"}, {folder.path()});
  EXPECT_EQ(help.code, 0) << help.err;
  EXPECT_THAT(help.out, HasSubstr("(int, must be given)"));
  const Result run = decoupage({"run", "g.yaml", "--output-dir", "out"}, {folder.path()});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("param 'seed' must be given"));
}

TEST(Help, UnknownCommandsNameTheNearest) {
  const Result typo = decoupage({"rn"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_THAT(typo.err, HasSubstr("no command 'rn' (did you mean 'run'?)"));
  EXPECT_THAT(decoupage({"dots.yaml"}).err, HasSubstr("to run a graph: decoupage run dots.yaml"));
}

TEST(Help, UnknownOptionsNameTheNearest) {
  const Result result = decoupage({"inspect", "--jsn"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--jsn: error: no such option (did you mean '--json'?)"));
}

TEST(Help, WrongOptionValuesSayWhatWasDue) {
  Folder folder;
  folder.write("dots.yaml", kDots);
  const auto refusal = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"run", "dots.yaml", "--output-dir", "out"};
    words.insert(words.end(), more.begin(), more.end());
    const Result result = decoupage(words, {folder.path()});
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_THAT(folder.names("out"), testing::IsEmpty());
    return result.err;
  };
  EXPECT_THAT(refusal({"--lanes", "many"}), HasSubstr("expected auto or an int in [1, 4096], got 'many'"));
  EXPECT_THAT(refusal({"--lanes", "0"}), HasSubstr("--lanes"));
  EXPECT_THAT(refusal({"--threads", "x"}), HasSubstr("--threads"));
  EXPECT_THAT(refusal({"--limit", "gpu"}), HasSubstr("expected RESOURCE=N with N >= 1, got 'gpu'"));
  EXPECT_THAT(refusal({"--shard", "0/3"}), HasSubstr("expected I/N with 1 <= I <= N"));
  EXPECT_THAT(refusal({"--shard", "4/3"}), HasSubstr("expected I/N with 1 <= I <= N"));
  EXPECT_THAT(refusal({"--resume", "--overwrite"}), HasSubstr("exclude each other"));
  EXPECT_THAT(refusal({"stray"}), HasSubstr("stray"));
}

TEST(Help, VersionNamesTheLibraries) {
  const Result result = decoupage({"--version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, ContainsRegex("^decoupage [0-9.]+\noneTBB [0-9.]+\nyaml-cpp [0-9.]+\nOpenCV [0-9.]+"));
}

TEST(Completion, IsAScriptThatBashReads) {
  const Result script = decoupage({"--bash-completion"});
  EXPECT_EQ(script.code, 0);
  Folder folder;
  folder.write("complete.sh", script.out);
  folder.write("dots.yaml", kDots);
  folder.write("ask.sh",
               "source complete.sh\nask() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _decoupage; "
               "echo \"${COMPREPLY[@]}\"; }\nask \"$D\" ins\nask \"$D\" run --outp\n"
               "ask \"$D\" run dots.yaml --prom\nask \"$D\" inspect draw-n\n");
  const Result result = Program({"ask.sh"}, {folder.path(), {{"D", DECOUPAGE}}}, "/bin/bash").wait();
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, "inspect\n--output-dir\n--prompt\ndraw-noise\n");
}

}  // namespace
}  // namespace testing_cli
