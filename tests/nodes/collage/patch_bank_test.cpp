// SPDX-License-Identifier: MIT
#include "methods/matching/latent_file.h"
#include "nodes/collage/encode_sources.h"
#include "tests/nodes/environment.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

namespace fs = std::filesystem;
using Pairs = graph::NodeHarness::Pairs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string mini_model() {
  return (reference::sdxl("mini") / "model").string();
}

/// The original's files: tests/data/collagenet/README.md.
fs::path collagenet(const std::string& name) {
  return fs::path(SOURCE_DIR) / "tests/data/collagenet" / name;
}

class PatchBank : public ::testing::Test {
 protected:
  PatchBank() { environment_.set("DECOUPAGE_CACHE", folder_.path("cache").c_str()); }

  static std::shared_ptr<const matching::Bank> bank(graph::NodeHarness& node) {
    return node.run().out<Bank>("bank").bank;
  }
  static std::shared_ptr<const matching::Bank> bank(const Pairs& props) {
    graph::NodeHarness node(built_in(), "patch-bank", props);
    return bank(node);
  }
  std::string picture(const std::string& name, int width, int height) const {
    return folder_.write(name, imaging::encode_png(pixels_8bit(width, height)));
  }
  /// A latent file of the folder, made from one of the original's.
  std::string latents(const std::string& name, const std::function<void(matching::SourceLatent&)>& change) const {
    matching::SourceLatent source = matching::read_latent_file(collagenet("latents/paper_0.npz"));
    change(source);
    return folder_.write(name, matching::latent_file_bytes(source));
  }
  std::vector<std::string> cached() const {
    std::vector<std::string> files;
    if (!fs::exists(folder_.path("cache"))) return files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path("cache"))) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
    return files;
  }

  Folder folder_;
  Environment environment_;
};

TEST_F(PatchBank, OfLatentFilesIsCollageNets) {
  const auto made = bank({{"source_latents", collagenet("latents").string()}, {"total_patches", "1500"}});
  const tensors::Npz due = tensors::read_npz(collagenet("expected/default.npz"));
  ASSERT_EQ(made->patches.size(), 1500u);
  for (int i = 0; i < 1500; ++i) {
    const auto of = [&](const char* name) { return due.arrays.at(name)[i].item<std::int32_t>(); };
    ASSERT_EQ(made->patches[i].record, of("bank_record")) << i;
    ASSERT_EQ(made->patches[i].y, of("bank_y")) << i;
    ASSERT_EQ(made->patches[i].x, of("bank_x")) << i;
  }
  EXPECT_EQ(made->sources[2].source_path, collagenet("images/paper_2.png"));
}

TEST_F(PatchBank, SettingsReachIt) {
  const auto made = bank({{"source_latents", collagenet("latents/paper_0.npz").string()},
                          {"patch_size", "4"},
                          {"do_rotated", "true"},
                          {"random_seed", "99"}});
  EXPECT_EQ(made->settings.patch_size, 4);
  EXPECT_EQ(made->settings.random_seed, 99u);
  EXPECT_EQ(made->records.size(), 4u);
  EXPECT_EQ(made->raw.size(1), 64);
}

TEST_F(PatchBank, TakesPicturesOrLatentsAndNotBoth) {
  EXPECT_EQ(refusal_of("patch-bank", {}),
            "no source: give source_images (pictures) or source_latents (files of decoupage encode)");
  EXPECT_EQ(refusal_of("patch-bank", {{"source_images", "a"}, {"source_latents", "b"}}),
            "source_images and source_latents exclude each other: give one");
  EXPECT_THAT(refusal_of("patch-bank", {{"source_images", folder_.path("gone")}, {"model", mini_model()}}),
              StartsWith("no file or folder '" + folder_.path("gone") + "'"));
  EXPECT_THAT(refusal_of("patch-bank", {{"source_latents", folder_.path()}}), StartsWith("no latent file in '"));
}

TEST_F(PatchBank, OfPicturesIsThatOfTheirLatents) {
  picture("pictures/b.png", 40, 24);
  picture("pictures/a.png", 24, 16);
  picture("pictures/c/d.png", 16, 16);
  graph::NodeHarness node(built_in(), "patch-bank",
                          {{"source_images", folder_.path("pictures")}, {"model", mini_model()}});
  const auto made = bank(node);
  ASSERT_EQ(made->sources.size(), 2u);
  EXPECT_EQ(made->patches.size(), 15u + 6u);
  EXPECT_EQ(made->sources[0].source_path, folder_.path("pictures/a.png")) << "sorted by path";
  EXPECT_THAT(node.steps(), ElementsAre(std::pair(1, 2), std::pair(2, 2)));
  EXPECT_THAT(node.warnings(), IsEmpty());
  Services services;
  const SourceEncoder encoder(source_vae(services, {.model = mini_model()}), services.device(), {});
  for (const matching::SourceLatent& source : made->sources)
    EXPECT_TRUE(source.latent.equal(encoder.encode(source.source_path).latent));
  EXPECT_EQ(bank({{"source_images", folder_.path("pictures")}, {"model", mini_model()}, {"recursive", "true"}})
                ->sources.back()
                .source_path,
            folder_.path("pictures/c/d.png"));
}

TEST_F(PatchBank, PicturesAreEncodedOnce) {
  const Pairs props{{"source_images", picture("a.png", 24, 16)}, {"model", mini_model()}};
  const at::Tensor first = bank(props)->sources[0].latent;
  ASSERT_EQ(cached().size(), 1u);
  // What is there is taken, wherever the picture lies.
  matching::SourceLatent known = matching::read_latent_file(cached()[0]);
  known.latent = known.latent + 1;
  const auto bytes = matching::latent_file_bytes(known);
  std::ofstream(cached()[0], std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const std::string moved = picture("moved/b.png", 24, 16);
  const auto second = bank({{"source_images", moved}, {"model", mini_model()}});
  EXPECT_TRUE(second->sources[0].latent.equal((first + 1).to(at::kHalf).to(at::kFloat)));
  EXPECT_EQ(second->sources[0].source_path, moved);
  EXPECT_EQ(second->sources[0].path, moved);
  // What is damaged is made anew.
  std::ofstream(cached()[0], std::ios::binary) << "damaged";
  EXPECT_TRUE(bank(props)->sources[0].latent.equal(first));
  EXPECT_NO_THROW(matching::read_latent_file(cached()[0]));
  bank({{"source_images", moved}, {"model", mini_model()}, {"max_width", "16"}});
  bank({{"source_images", moved}, {"model", mini_model()}, {"encode_mode", "sample"}});
  EXPECT_EQ(cached().size(), 3u) << "other settings, other latents";
}

TEST_F(PatchBank, DoesWithoutACache) {
  const Pairs props{{"source_images", picture("a.png", 24, 16)}, {"model", mini_model()}};
  environment_.set("DECOUPAGE_CACHE", "");
  const auto without = bank(props);
  EXPECT_THAT(cached(), IsEmpty());
  picture("b.png", 24, 16);
  environment_.set("DECOUPAGE_CACHE", folder_.write("file", std::string("in the way")).c_str());
  graph::NodeHarness node(built_in(), "patch-bank", props);
  EXPECT_TRUE(bank(node)->sources[0].latent.equal(without->sources[0].latent));
  EXPECT_THAT(node.warnings(), ElementsAre(AllOf(StartsWith("encoded pictures cannot be kept, and will be encoded "
                                                            "again next time: cannot make the folder '"),
                                                 EndsWith("; DECOUPAGE_CACHE names another folder"))));
}

TEST_F(PatchBank, NamesPicturesThatCannotBeUsedBeforeAnythingRuns) {
  picture("pictures/a.png", 24, 16);
  const std::string dot = picture("pictures/dot.png", 1, 1);
  const std::string text = folder_.write("pictures/text.jpg", std::string("\xFF\xD8\xFF"));
  EXPECT_EQ(refusal_of("patch-bank", {{"source_images", folder_.path("pictures")}, {"model", mini_model()}}),
            "2 of 3 pictures cannot be used: " + dot +
                ": 1x1 pixels: a source has sides of at least 8 px, one cell of its latent; " + text +
                ": cut off: the picture's header is not whole");
  EXPECT_EQ(refusal_of("patch-bank", {{"source_images", dot}}),
            "no autoencoder: give `model`, that of the graph's other nodes, or `vae`");
  EXPECT_EQ(refusal_of("patch-bank", {{"source_images", dot}, {"model", mini_model()}, {"max_width", "4"}}),
            "max_width 4: at least 8 px, or 0 for no limit");
}

TEST_F(PatchBank, PassesOverWhatIsNoPictureWithAWord) {
  picture("pictures/a.png", 24, 16);
  folder_.write("pictures/._a.png", std::string("\0\5\x16\7", 4));
  graph::NodeHarness node(built_in(), "patch-bank",
                          {{"source_images", folder_.path("pictures")}, {"model", mini_model()}});
  EXPECT_EQ(bank(node)->sources.size(), 1u);
  EXPECT_THAT(node.warnings(), testing::Contains(testing::HasSubstr("passed over ._a.png (of macOS)")));
}

TEST_F(PatchBank, StopsEncodingWhenTheRunIsStopped) {
  graph::NodeHarness node(built_in(), "patch-bank",
                          {{"source_images", picture("a.png", 24, 16)}, {"model", mini_model()}});
  node.cancel();
  EXPECT_THROW(node.run(), graph::Cancelled);
}

TEST_F(PatchBank, NamesLatentFilesThatAreNone) {
  latents("latents/a.npz", [](auto&) {});
  const std::string damaged = folder_.write("latents/b.npz", std::string("text"));
  EXPECT_THAT(refusal_of("patch-bank", {{"source_latents", folder_.path("latents")}}),
              StartsWith(damaged + ": cannot be read as an .npz"));
  folder_.write("latents/c.npz", tensors::npz_bytes({{{"latents", at::zeros({4, 2, 2})}}, {}}));
  EXPECT_THAT(
      refusal_of("patch-bank", {{"source_latents", folder_.path("latents")}}),
      AllOf(StartsWith("2 of 3 latent files cannot be used: "), HasSubstr("c.npz: has no 'latent', so it is no")));
}

TEST_F(PatchBank, PatchesMustFitSomewhere) {
  EXPECT_THAT(refusal_of("patch-bank", {{"source_latents", collagenet("latents").string()}, {"patch_size", "100"}}),
              HasSubstr("patch_size 100 is larger than every source"));
}

TEST_F(PatchBank, HoldsLatentsAgainstTheModel) {
  Services services;
  const SourceVae vae = source_vae(services, {.model = mini_model()});
  const auto warnings = [&](const std::string& file) {
    graph::NodeHarness node(built_in(), "patch-bank", {{"source_latents", file}, {"model", mini_model()}});
    node.run();
    return node.warnings();
  };
  const auto from = [&](const std::string& id, const std::string& identity) {
    return latents("a.npz", [&](matching::SourceLatent& source) {
      source.source_path = collagenet("images/paper_0.png");
      source.vae_id = id;
      source.vae_identity = identity;
    });
  };
  EXPECT_THAT(warnings(from("model", "")), IsEmpty());
  EXPECT_THAT(warnings(from("", "")), IsEmpty()) << "it does not say";
  EXPECT_THAT(warnings(from("another name", vae.identity)), IsEmpty()) << "the same weights";
  EXPECT_THAT(warnings(from("other/vae", "")),
              ElementsAre(folder_.path("a.npz") +
                          " was encoded with the autoencoder other/vae, the model's is model: what is blended in may "
                          "look off; decoupage encode makes them anew"));
  EXPECT_THAT(warnings(from("model", "xxh3-0123456789abcdef")),
              ElementsAre(HasSubstr("the autoencoder model, the model's")));
  EXPECT_THAT(warnings(from("model", "0123456789abcdef")), IsEmpty()) << "of a version that told weights otherwise";
  EXPECT_THAT(warnings(from("other/vae", "0123456789abcdef")), ElementsAre(HasSubstr("the autoencoder other/vae")));
}

TEST_F(PatchBank, RefusesLatentsOfAnotherScale) {
  const std::string file = latents("a.npz", [](matching::SourceLatent& source) { source.scaling_factor = 0.18215; });
  EXPECT_EQ(refusal_of("patch-bank", {{"source_latents", file}, {"model", mini_model()}}),
            file + ": has the scaling factor 0.18215, but model has 0.13025: encode with that model");
  EXPECT_THAT(refusal_of("patch-bank", {{"source_latents", file}}), IsEmpty()) << "nothing to hold it against";
  const std::string deep = latents("b.npz", [](matching::SourceLatent& source) {
    source.latent = at::zeros({16, 20, 25});
  });
  EXPECT_EQ(refusal_of("patch-bank", {{"source_latents", deep}, {"model", mini_model()}}),
            deep + ": has 16 channels, but model has 4: encode with that model");
}

TEST_F(PatchBank, SaysWhichPicturesAreMissing) {
  const std::string gone = folder_.path("gone/paper_0.png");
  const std::string file = latents("a.npz", [&](matching::SourceLatent& source) { source.source_path = gone; });
  graph::NodeHarness node(built_in(), "patch-bank", {{"source_latents", file}});
  EXPECT_EQ(bank(node)->sources.size(), 1u) << "matching does without";
  const std::string text =
      "1 of the pictures that the latent files name is not there, so collage cannot cut from it: " + gone +
      "; put them there, give the folder where they are now as picture_folder, or encode them "
      "anew";
  EXPECT_THAT(node.warnings(), ElementsAre(text));
  EXPECT_EQ(refusal_of("patch-bank", {{"source_latents", file}, {"missing_pictures", "error"}}), text);
  const Pairs found{
      {"source_latents", file}, {"missing_pictures", "error"}, {"picture_folder", collagenet("images").string()}};
  EXPECT_EQ(bank(found)->sources[0].source_path, collagenet("images/paper_0.png"));
  EXPECT_EQ(refusal_of("patch-bank", {{"source_latents", file}, {"picture_folder", folder_.path("none")}}),
            "no folder '" + folder_.path("none") + "' to look for pictures in");
}

}  // namespace
}  // namespace nodes
