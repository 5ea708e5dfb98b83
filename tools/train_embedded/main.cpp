// SPDX-License-Identifier: MIT
// train_embedded STAGE [--work DIR] [--steps N] [--minutes M] [--threads N]: trains the model in assets/model, stage by
// stage: vocabulary, begin (or autoencoder and decoder), denoiser, write; and the ControlNet beside it: controlnet,
// write-controlnet. curves draws what they log. docs/embedded-model.md has the recipe.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "tensors/torch.h"
#include "tools/train_embedded/curves.h"
#include "tools/train_embedded/stages.h"

int main(int argc, char** argv) {
  using namespace train_embedded;
  CLI::App app("Trains the embedded model on scenes that it draws itself.");
  Run run{.work = "build-train", .model = "assets/model"};
  std::string stage;
  std::filesystem::path out;
  int threads = 1;
  app.add_option("stage", stage, "what to do")
      ->required()
      ->check(CLI::IsMember({"vocabulary", "begin", "autoencoder", "decoder", "denoiser", "write", "controlnet",
                             "write-controlnet", "curves"}));
  app.add_option("--work", run.work, "folder of checkpoints, logs and sheets")->capture_default_str();
  app.add_option("--papers", run.papers, "pictures that the autoencoder learns on beside scenes");
  app.add_option("--model", run.model,
                 "folder of the model that `begin` goes on from, and that the ControlNet learns beside")
      ->capture_default_str();
  app.add_option("--out", out, "write, write-controlnet: the folder; curves: the SVG file");
  app.add_option("--steps", run.steps, "of the whole stage");
  app.add_option("--minutes", run.minutes, "of this run");
  app.add_option("--batch", run.batch, "pictures of a step")->capture_default_str();
  app.add_flag("--half-precision", run.half_precision,
               "products of the denoiser in bfloat16: fast where a processor has them");
  app.add_option("--scenes", run.scenes, "that the denoiser or the ControlNet learns on")->capture_default_str();
  app.add_option("--learning-rate", run.learning_rate)->capture_default_str();
  app.add_option("--threads", threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(threads);
  try {
    if (stage == "vocabulary") learn_vocabulary(run);
    else if (stage == "begin") begin_with_model(run);
    else if (stage == "autoencoder") learn_autoencoder(run);
    else if (stage == "decoder") learn_decoder(run);
    else if (stage == "denoiser") learn_denoiser(run);
    else if (stage == "write") write_model(run, out);
    else if (stage == "controlnet") learn_controlnet(run);
    else if (stage == "write-controlnet") write_controlnet(run, out);
    else draw_curves(run.work, out);
  } catch (const std::exception& e) {
    std::cerr << "train_embedded: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
