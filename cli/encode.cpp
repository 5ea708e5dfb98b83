// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>

#include "base/output_file.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/run_options.h"
#include "cli/stop.h"
#include "observers/wording.h"
#include "program/modules.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

/// As long as a run waits where nobody says otherwise.
const std::chrono::milliseconds kStallAfter = graph::RunOptions().stall_after;

/// A picture, and the name of its latent file below the folder of all of them.
struct Job {
  std::string picture;
  std::string latent;
};

/// a/b.jpg in the folder a becomes b.npz; the folders below are kept. Throws UsageError for names that meet.
std::vector<Job> jobs_of(const std::vector<std::string>& pictures, const std::string& images) {
  const fs::path root = fs::is_directory(images) ? fs::path(images) : fs::path(images).parent_path();
  std::map<std::string, std::string> taken;
  std::vector<Job> jobs;
  for (const std::string& picture : pictures) {
    const fs::path below = root.empty() ? fs::path(picture) : fs::path(picture).lexically_relative(root);
    const std::string latent = fs::path(below).replace_extension(".npz").string();
    const auto [other, is_new] = taken.emplace(latent, picture);
    if (!is_new)
      throw program::UsageError(other->second + " and " + picture + " would both become " + latent +
                                ": rename one of them");
    jobs.push_back({picture, latent});
  }
  return jobs;
}

class Encode final : public Command {
 public:
  Encode() : Command("encode", "Encodes pictures into latent files, which patch-bank takes as source_latents.") {
    app_.add_option("IMAGES", images_, "A picture, a folder of pictures, or a pattern such as 'photos/*.jpg'")
        ->type_name("PATH");
    app_.add_option("LATENTS", latents_, "The folder that the latent files go to; it is made")->type_name("DIR");
    app_.add_flag("--recursive", recursive_, "Take pictures from the folders below IMAGES, too, and keep the folders");
    app_.add_option("--max-width", settings_.max_width, "Shrink wider pictures to it; proportions are kept")
        ->type_name("PX");
    app_.add_option("--max-height", settings_.max_height, "Shrink higher pictures to it")->type_name("PX");
    app_.add_option("--encode-mode,--mode", mode_, "Of what the encoder says: the mean (default) or a sample")
        ->type_name("mean|sample")
        ->check(CLI::IsMember({"mean", "sample"}).description(""));
    app_.add_option("--seed", settings_.seed, "Of the sample's noise (default: 0)")->type_name("INT");
    app_.add_option("--tile", settings_.tile, "Encode larger pictures in overlapping tiles (default: 1536; 0: never)")
        ->type_name("PX")
        ->check(CLI::Range(0, 65536).description(""));
    app_.add_option("--model", model_,
                    "Whose autoencoder encodes: a folder, a checkpoint, a hub id (default: embedded)")
        ->type_name("MODEL")
        ->group("Model");
    app_.add_option("--vae", vae_,
                    "The autoencoder itself, in the place of a model's: a folder, a .safetensors file or a hub id")
        ->type_name("VAE")
        ->group("Model");
    auto* overwrite = app_.add_flag("--overwrite", overwrite_, "Encode again what has a latent file already");
    app_.add_flag("--skip-existing", skip_existing_, "Leave what has a latent file already, which is the default")
        ->excludes(overwrite);
    app_.add_flag("--relative", relative_, "Name pictures relative to their latent files, so that both can be moved");
    device_.add_to(app_, "Model");
    app_.footer(
        "Sides are cut down to multiples of 8 px, by resampling. Each file keeps where its picture is, since collage\n"
        "cuts from it; patch-bank looks elsewhere with picture_folder.\n\n"
        "Examples:\n"
        "  decoupage encode photos latents --recursive --max-width 2048\n"
        "  decoupage encode photos latents --vae madebyollin/sdxl-vae-fp16-fix\n"
        "  decoupage run configs/collagenet.yaml --source-latents latents\n\n"
        "Exit codes: 0 done, 1 some pictures failed, 2 the command line is wrong, 130 interrupted.");
  }

 private:
  int run() override {
    graph::StopSignal stop;
    SignalWatch watch(stop);
    const LogTo log([](const std::string& line) { std::cerr << line << "\n"; }, /*verbose=*/false);
    check_paths();
    settings_.sample = mode_ == "sample";
    watch_ = &watch;
    watch.opening("what encodes", kStallAfter);
    program::Modules modules;
    const auto encoding = encoding_of(modules.models());
    const std::vector<Job> jobs = find_jobs(*encoding);
    device_.set_up(modules.models());
    watch.running();
    for (const Job& job : jobs) {
      if (stop.level > 0) break;
      attempt(job, *encoding);
    }
    std::cout << "encoded " << encoded_ << ", left " << left_ << ", failed " << failed_ << " of " << jobs.size()
              << (jobs.size() == 1 ? " picture" : " pictures") << "; latents: " << latents_ << "\n";
    if (stop.level > 0) return kInterrupted;
    return failed_ > 0 ? kSomeFailed : kDone;
  }

  void check_paths() const {
    if (images_.empty() || latents_.empty())
      throw program::UsageError("expected two paths: decoupage encode IMAGES LATENTS\nsee: decoupage encode --help");
    if (fs::exists(latents_) && !fs::is_directory(latents_))
      throw program::UsageError("LATENTS: '" + latents_ + "' is a file; give a folder");
  }

  std::unique_ptr<program::SourceEncoding> encoding_of(const program::ModelNodes& models) const {
    try {
      return models.source_encoding(model_, vae_, settings_);
    } catch (const std::exception& e) {
      throw program::UsageError(e.what());
    }
  }

  /// What is wrong with the command line ends here, before a model is read.
  std::vector<Job> find_jobs(const program::SourceEncoding& encoding) const {
    try {
      std::string notice;
      std::vector<Job> jobs = jobs_of(encoding.pictures(images_, recursive_, &notice), images_);
      if (!notice.empty()) std::cerr << "warning: " << observers::one_line(notice) << "\n";
      return jobs;
    } catch (const program::UsageError&) {
      throw;
    } catch (const std::exception& e) {
      throw program::UsageError(e.what());
    }
  }

  /// One picture; what is wrong with it does not keep the others.
  void attempt(const Job& job, program::SourceEncoding& encoding) {
    const fs::path file = fs::path(latents_) / job.latent;
    try {
      if (!overwrite_ && fs::exists(file)) {
        check_latents(file, encoding);
        std::cout << job.picture << ": left, there is " << file.string() << "\n";
        ++left_;
        return;
      }
    } catch (const std::exception& e) {
      return complain(e.what());
    }
    open(encoding);
    try {
      encode(job, file, encoding);
      ++encoded_;
    } catch (const std::exception& e) {
      complain(e.what());
    }
  }

  /// A file that is there is left alone, but not one that no bank could use.
  static void check_latents(const fs::path& file, const program::SourceEncoding& encoding) {
    try {
      encoding.check_latents(file);
    } catch (const std::exception& e) {
      throw std::runtime_error(std::string(e.what()) + "; --overwrite replaces it");
    }
  }

  /// The autoencoder is read when the first picture needs it. Throws UsageError: without one nothing can be done.
  void open(program::SourceEncoding& encoding) {
    if (open_) return;
    watch_->opening("the autoencoder", kStallAfter);
    try {
      encoding.open();
    } catch (const std::exception& e) {
      throw program::UsageError(e.what());
    }
    watch_->running();
    open_ = true;
  }

  void encode(const Job& job, const fs::path& file, const program::SourceEncoding& encoding) const {
    const auto start = std::chrono::steady_clock::now();
    const fs::path picture = fs::weakly_canonical(job.picture);  // encoding says when it is not there
    const fs::path folder = fs::weakly_canonical(fs::absolute(file.parent_path()));
    const auto encoded =
        encoding.encode(job.picture, (relative_ ? picture.lexically_relative(folder) : picture).string());
    base::write_output_file(latents_, job.latent, encoded.bytes);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    char time[32];
    std::snprintf(time, sizeof time, "%.1f s", seconds.count());
    std::cout << job.picture << ": " << encoded.width << "x" << encoded.height << " px to " << encoded.cells_wide << "x"
              << encoded.cells_high << " cells, " << file.string() << " (" << time << ")" << std::endl;
  }

  void complain(const std::string& what) {
    std::cerr << "decoupage: error: " << what << std::endl;
    ++failed_;
  }

  SignalWatch* watch_ = nullptr;
  std::string images_, latents_, mode_ = "mean", model_ = "embedded", vae_;
  nodes::EncodeSettings settings_;
  DeviceOptions device_;
  bool recursive_ = false, overwrite_ = false, skip_existing_ = false, relative_ = false, open_ = false;
  int encoded_ = 0, left_ = 0, failed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_encode() {
  return std::make_unique<Encode>();
}

}  // namespace cli
