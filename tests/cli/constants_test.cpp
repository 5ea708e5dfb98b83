// SPDX-License-Identifier: MIT
// What nodes refuse of their constants is told by `check` as by `run`, whatever type they are of; and what nobody reads
// is told by both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Constants : public testing::Test {
 protected:
  /// What check says of a graph of these nodes, a line each, behind these params.
  Result check(const std::vector<std::string>& nodes, const std::string& params = "") {
    write(nodes, params);
    return decoupage({"check", "g.yaml"}, {folder_.path()});
  }

  Result run(const std::vector<std::string>& nodes, const std::string& params = "",
             std::vector<std::string> words = {}) {
    write(nodes, params);
    words.insert(words.begin(), {"run", "g.yaml", "--output-dir", "out"});
    return decoupage(words, {folder_.path()});
  }

  void write(const std::vector<std::string>& nodes, const std::string& params) const {
    std::string text = "graph: g\n" + (params.empty() ? "" : "params: {" + params + "}\n") + "nodes:\n";
    for (const std::string& node : nodes) text += "  " + node + "\n";
    folder_.write("g.yaml", text);
  }

  Folder folder_;
};

const std::string kPaper = "a: {type: draw-noise, width: 8, height: 8}";
const std::string kSaved = "s: {type: save-image, path: a.png, in: {image: a.image}}";

TEST_F(Constants, AreRefusedAtTheirPlacesByCheckAsByRun) {
  const std::vector<std::string> nodes{
      "p: {type: draw-noise, palette: nosuch}",
      "r: {type: resize, width: 10, height: 10, fit: contain, background: \"#zzzzzz\", in: {image: p.image}}",
      "sch: {type: schedule, scheduler: nosuch}", "s: {type: save-image, path: \"x.gif\", in: {image: r.image}}",
      "t: {type: save-tensor, path: \"x.bin\", in: {value: sch.schedule}}"};
  const Result checked = check(nodes), ran = run(nodes);
  EXPECT_EQ(checked.code, 2);
  EXPECT_EQ(checked.err, ran.err);
  EXPECT_THAT(checked.err, HasSubstr("g.yaml:3:34: error: node 'p' (draw-noise): palette: no palette 'nosuch'"));
  EXPECT_THAT(checked.err, HasSubstr("g.yaml:4:70: error: node 'r' (resize): background: '#zzzzzz' is not a colour"));
  EXPECT_THAT(checked.err, HasSubstr("g.yaml:5:36: error: node 'sch' (schedule): scheduler: no scheduler 'nosuch'"));
  EXPECT_THAT(checked.err, HasSubstr("g.yaml:6:31: error: node 's' (save-image): path: 'x.gif' ends in .gif"));
  EXPECT_THAT(checked.err, HasSubstr("g.yaml:7:32: error: node 't' (save-tensor): path: 'x.bin' has another ending"));
  EXPECT_THAT(checked.err, HasSubstr("5 errors\n"));
}

struct Refused {
  std::string node, said;
};

TEST_F(Constants, OfEveryTypeThatRefusesSome) {
  const std::vector<Refused> all{
      {"type: image-grid, background: white, in: {images: l.images}", "background: 'white' is not a colour"},
      {"type: contact-sheet, background: white, in: {image: a.image}", "background: 'white' is not a colour"},
      {"type: stitch, background: white, in: {first: a.image, second: a.image}", "'white' is not a colour"},
      {"type: resize, in: {image: a.image}", "neither a width nor a height"},
      {"type: pick", "nothing to pick from"},
      {"type: pick, texts: b, file: c", "both texts and a file are given"},
      {"type: pick, texts: '# b'", "no line to pick"},
      {"type: text-encode, model: nowhere, prompt: b, lora: a=nan", "lora: 'a=nan': the scale must be a finite number"},
      {"type: text-encode, model: nowhere, prompt: '(a:1e999)', prompt_syntax: comfyui", "prompt: "},
      {"type: text-encode, model: nowhere, prompt: b, emphasis: ignore", "emphasis: is for prompt_syntax: webui"},
      {"type: canny, low_threshold: 9, high_threshold: 3, in: {image: a.image}", "low_threshold is above"},
      {"type: noise, width: 100", "width 100 is not a multiple of 8"},
      {"type: noise, height: 0", "width or height is 0"},
      {"type: patch-bank", "no source: give source_images"},
      {"type: patch-bank, source_images: b, source_latents: c", "exclude each other"},
      {"type: patch-bank, source_images: b, model: c, max_width: 4", "max_width 4: at least 8 px"},
      {"type: patch-bank, source_images: b", "no autoencoder: give `model`"},
      {"type: schedule, model: nowhere, denoising_start: 0.9, denoising_end: 0.5", "must be less than"},
      {"type: schedule, scheduler: ddim, karras: true", "ddim has no karras sigmas"},
      {"type: text-grid, texts: [[b, c], [d]]", "texts: row 1 has 1 texts"},
      {"type: segment, region_method: threshold, threshold_min_regions: 9, threshold_max_regions: 3, "
       "in: {latents: n.latents}",
       "min_regions"},
      {"type: draw-regions, boundary: black, in: {labels: seg.labels}", "boundary: 'black' is not a colour"},
      {"type: draw-regions, scale: 2, boundary_width: 3, in: {labels: seg.labels}", "is wider than a cell"},
  };
  std::vector<std::string> nodes{kPaper, kSaved, "l: {type: load-image, path: there.png}", "n: {type: noise}",
                                 "seg: {type: segment, in: {latents: n.latents}}"};
  const std::size_t first_line = nodes.size() + 3;
  for (std::size_t i = 0; i < all.size(); ++i) nodes.push_back("x" + std::to_string(i) + ": {" + all[i].node + "}");
  const Result result = check(nodes);
  EXPECT_EQ(result.code, 2);
  std::istringstream lines(result.err);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string line;
    std::getline(lines, line);
    EXPECT_THAT(line, HasSubstr("g.yaml:" + std::to_string(first_line + i) + ":")) << all[i].node;
    EXPECT_THAT(line, HasSubstr(all[i].said)) << all[i].node;
  }
  EXPECT_THAT(result.err, HasSubstr(std::to_string(all.size()) + " errors\n"));
}

TEST_F(Constants, AllOfOneNodeAreTold) {
  const Result result = check(
      {"d: {type: draw-noise, palette: [x]}", "a: {type: draw-noise, width: 8, height: 8, palette: nosuch}", kSaved});
  EXPECT_EQ(result.code, 2);
  const Result two =
      check({"l: {type: load-tensor, path: x.npz, as: labels}",
             "d: {type: draw-regions, scale: 2, boundary_width: 3, boundary: x, in: {labels: l.value}}"});
  EXPECT_THAT(two.err, HasSubstr("boundary: 'x' is not a colour"));
}

/// Defaults count, but for empty ones: what a run must give is empty as a rule. What a run says counts there.
TEST_F(Constants, MayBeDefaultsOfParams) {
  const std::vector<std::string> nodes{"a: {type: draw-noise, width: 8, height: 8, palette: $palette}", kSaved};
  EXPECT_THAT(check(nodes, "palette: {type: string, default: nosuch}").err,
              HasSubstr("g.yaml:4:55: error: node 'a' (draw-noise): palette: no palette 'nosuch'"));
  EXPECT_EQ(check(nodes, "palette: {type: string, default: ''}").code, 0);
  EXPECT_EQ(check(nodes, "palette: {type: string}").code, 0);
  const std::vector<std::string> bank{"b: {type: patch-bank, source_images: $photos, model: embedded}", kPaper, kSaved};
  EXPECT_EQ(check(bank, "photos: {type: path, default: ''}").code, 0);
  const std::vector<std::string> beside{"b: {type: resize, width: $w, background: x, in: {image: a.image}}", kPaper,
                                        kSaved};
  EXPECT_THAT(check(beside, "w: {type: int}").err, HasSubstr("background: 'x' is not a colour"));
}

TEST_F(Constants, OfWhatIsSwitchedOffAreNotLookedAt) {
  const std::string off = "b: {type: resize, background: x, width: 8, in: {image: a.image}, when: {if: $on}}";
  EXPECT_EQ(check({kPaper, kSaved, off}, "on: {type: bool, default: false}").code, 0);
  EXPECT_EQ(check({kPaper, kSaved, off}, "on: {type: bool, default: true}").code, 2);
}

TEST_F(Constants, OfFedNodesAreTold) {
  const Result result = check({kPaper, "p: {type: pick, texts: cream}",
                               "b: {type: draw-noise, width: 8, height: 8, in: {palette: p.text}}",
                               "r: {type: stitch, background: x, in: {first: a.image, second: b.image}}",
                               "s: {type: save-image, path: a.png, in: {image: r.image}}"});
  EXPECT_THAT(result.err, AllOf(HasSubstr("background: 'x' is not a colour"), HasSubstr("1 error\n")));
}

/// Values of a sweep are constants of the run: refused before anything is computed, and not in the middle.
TEST_F(Constants, OfASweepAreRefusedBeforeTheRun) {
  const std::vector<std::string> nodes{"a: {type: draw-noise, width: 8, height: 8, palette: $palette}",
                                       "s: {type: save-image, path: '{palette}.png', in: {image: a.image}}"};
  const Result result =
      run(nodes, "palette: {type: string, default: cream}", {"--sweep", "palette=cream,nosuch,sea,none"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("palette: no palette 'nosuch'"));
  EXPECT_THAT(result.err, HasSubstr("(palette=nosuch)"));
  EXPECT_THAT(folder_.names("out"), IsEmpty());
}

TEST_F(Constants, OnTheCommandLineAreNamedByTheirFlag) {
  const Result result = run({kPaper, kSaved}, "", {"--set", "s.path=a.gif"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--set s.path: error: node 's' (save-image): path: 'a.gif' ends in .gif"));
}

TEST_F(Constants, ThatNobodyReadsAreTold) {
  const std::string idle = "c: {type: draw-noise, width: 8, height: 8}";
  const std::string word = "g.yaml:5:3: warning: node 'c': nobody reads what it sends, and it is computed all the same";
  const Result checked = check({kPaper, kSaved, idle});
  EXPECT_EQ(checked.code, 0);
  EXPECT_THAT(checked.err, HasSubstr(word));
  EXPECT_THAT(run({kPaper, kSaved, idle}).err, HasSubstr(word));
  EXPECT_THAT(run({kPaper, kSaved, idle}, "", {"--overwrite", "--tap", "c.image"}).err, Not(HasSubstr("nobody reads")));
  EXPECT_THAT(run({kPaper, kSaved, idle}, "", {"--overwrite", "--to", "c"}).err, Not(HasSubstr("nobody reads")));
  EXPECT_THAT(check({kPaper, kSaved}).err, IsEmpty());
}

TEST_F(Constants, AGraphThatWritesNothingIsTold) {
  const std::vector<std::string> nodes{kPaper, "b: {type: resize, width: 4, in: {image: a.image}}"};
  const std::string word = "warning: graph 'g' writes nothing: no node saves what it makes (b.image)";
  EXPECT_THAT(check(nodes).err, HasSubstr(word));
  EXPECT_THAT(run(nodes).err, HasSubstr(word));
  EXPECT_THAT(run(nodes, "", {"--overwrite", "--tap", "b.image"}).err, Not(HasSubstr("writes nothing")));
}

TEST_F(Constants, LoopsThatNobodyReadsAreTold) {
  const std::string loop =
      "l: {type: loop, steps: 2, state: {image: a.image}, nodes: {r: {type: resize, width: 8, in: {image: "
      "state.image}}}, next: {image: r.image}, out: {image: r.image}}";
  EXPECT_THAT(check({kPaper, kSaved, loop}).err, HasSubstr("warning: loop 'l': nobody reads what it sends"));
}

TEST_F(Constants, ThatVanishInCommentsAreTold) {
  EXPECT_THAT(check({"a:", "  type: draw-noise", "  palette: #ff0000", kSaved}).err,
              HasSubstr("g.yaml:5:5: error: '#ff0000' is a comment, since it begins with #, and no value; a text that "
                        "does stands in quotes: \"#ff0000\""));
  EXPECT_THAT(check({"a: {type: draw-noise, palette: #ff0000}", kSaved}).err,
              HasSubstr("g.yaml:3:34: error: '#ff0000}' is a comment"));
  EXPECT_THAT(check({"t:", "  type: text-grid", "  texts:", "    - #one", "    - two", kPaper, kSaved}).err,
              HasSubstr("'#one' is a comment"));
  EXPECT_THAT(check({"t: {type: text-grid, texts: [a, #b, c]}", kPaper, kSaved}).err,
              HasSubstr("'#b, c]}' is a comment"));
  const std::vector<std::string> nodes{"a: {type: draw-noise, width: 8, height: 8, palette: $palette}", kSaved};
  const std::string params = "palette: {type: string, default: cream}";
  folder_.write("p.yaml", "palette: #ff0000\n");
  EXPECT_THAT(run(nodes, params, {"--params", "p.yaml"}).err, HasSubstr("p.yaml:1:1: error: '#ff0000' is a comment"));
  folder_.write("t.yaml", "- palette: #ff0000\n");
  EXPECT_THAT(run(nodes, params, {"--items", "t.yaml"}).err, HasSubstr("'#ff0000' is a comment"));
  // Comments are comments.
  EXPECT_EQ(check({"a: # a sheet of paper", "  type: draw-noise #plain", "  width: 8 # px", kSaved + " #end"}).code, 0);
}

}  // namespace
}  // namespace testing_cli
