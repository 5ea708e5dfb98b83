// SPDX-License-Identifier: MIT
/// What does a layered collage cost beside image to image, and do words come to their places?
///
///   layers graphs [ROUNDS [STEPS]]   with the embedded model; run in the repository
///   layers words [SEEDS [STRENGTH]]  likewise
///   layers full [STEPS]              SDXL's own UNet at 512², random weights: 11 GB of memory
///
/// words: three collages of two grey halves, whose words stand in the prompt in the other order than their halves lie,
/// drawn wholly anew; of each layer attention and negative attention are STRENGTH, or
/// what does best for each. A subject stands in its half where
/// three quarters of all that has its colour lie there, and that is 2 % of the picture at least.
/// graphs: configs/collage_diffusion.yaml of three layers beside configs/img2img.yaml, as many steps of both, which
/// take turns in this process. full: steps of the UNet alone, with guidance, whose words are pulled to three places, or
/// not; the best of each counts, in the processor's time.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <opencv2/imgproc.hpp>

#include "bench/network_costs.h"
#include "graph/load.h"
#include "graph/run.h"
#include "imaging/files/png.h"
#include "models/files/model_files_known.h"
#include "models/networks/attention_control.h"
#include "models/networks/unet.h"
#include "nodes/lanes.h"
#include "nodes/register.h"
#include "nodes/services.h"
#include "nodes/values.h"
#include "tensors/large_tensors.h"

namespace {

class Graphs {
 public:
  explicit Graphs(std::int64_t steps)
      : services_(std::make_shared<nodes::Services>(models::ModelPlaces::from_environment("assets/model"))),
        steps_(steps) {
    nodes::register_all(registry_, services_);
    folder_ = (std::filesystem::temp_directory_path() / "decoupage-layers").string();
  }
  ~Graphs() { std::filesystem::remove_all(folder_); }

  /// Seconds of the item, and how often the denoiser was called.
  struct Result {
    double seconds = 0;
    std::int64_t calls = 0;
  };

  Result collage(bool pulled) {
    return run("configs/collage_diffusion.yaml",
               {set("num_inference_steps", steps_), set("guidance_scale", 4.0), set("attention_control", pulled)});
  }
  /// Pictures of a collage of two grey halves, one after the other, for so many seeds; (H,W) CV_32FC3.
  std::vector<cv::Mat> halves(const std::string& prompt, const std::string& first, const std::string& second,
                              bool above, bool pulled, int seeds, double strength) {
    const std::string grey = folder_ + "-grey.png";
    const std::vector<std::byte> png =
        imaging::encode_png(cv::Mat(above ? 64 : 128, above ? 128 : 64, CV_8UC3, cv::Scalar::all(150)));
    std::ofstream(grey, std::ios::binary).write(reinterpret_cast<const char*>(png.data()), std::ssize(png));
    const std::string rest = ", image: '" + grey + "', scale: 0.0078125, noise: 1, attention: " + c10::str(strength) +
                             ", negative_attention: " + c10::str(strength);
    const std::string layers =
        "[{text: " + first + rest + "}, {text: " + second + rest + (above ? ", y: 0.5}]" : ", x: 0.5}]");
    graph::Assignment all{"seed", {}, {"layers"}};
    for (int seed = 1; seed <= seeds; ++seed) all.values.emplace_back(std::int64_t{seed});
    run("configs/collage_diffusion.yaml",
        {set("prompt", prompt), set("layers", graph::parse_data(layers, "layers")), set("noise_blur", 0.0), all,
         set("num_inference_steps", std::int64_t{20}), set("guidance_scale", 4.0), set("attention_control", pulled)});
    std::filesystem::remove(grey);
    return std::move(pictures_);
  }

  /// As many steps: the default collage's greatest noise is 0.85.
  Result plain() {
    return run("configs/img2img.yaml",
               {set("image", graph::Path{"assets/papers/photo-00-cat.jpg"}), set("width", std::int64_t{128}),
                set("height", std::int64_t{128}), set("scheduler", std::string("euler-ancestral")),
                set("steps", steps_), set("strength", 0.85), set("guidance_scale", 4.0)});
  }

 private:
  template <class T>
  static graph::Assignment set(const std::string& name, const T& value) {
    graph::Assignment assignment{name, {}, {"layers"}};
    assignment.values.emplace_back(value);
    return assignment;
  }

  Result run(const std::string& config, const std::vector<graph::Assignment>& assignments) {
    std::filesystem::remove_all(folder_);
    const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_file(config), registry_));
    const graph::Plan plan(graph, assignments);
    graph::RunOptions options;
    options.gpu_is_cpu = services_->device().is_cpu();
    const nodes::Lanes hooks(options, *services_, plan);
    options.output_dir = folder_;
    pictures_.clear();
    options.taps.push_back({"image.image", [&](const graph::Item&, const graph::Value& value) {
                              const std::lock_guard lock(mutex_);
                              pictures_.push_back(value.as<nodes::Image>().pixels);
                            }});
    const graph::RunReport report = graph::run(plan, options);
    if (report.done != plan.items()) {
      std::fprintf(stderr, "%s\n", report.failures.empty() ? "items were lost" : report.failures[0].what.c_str());
      std::exit(1);
    }
    const int step = graph->find_node("denoise.step");
    return {std::chrono::duration<double>(report.elapsed).count(),
            static_cast<std::int64_t>(report.nodes[static_cast<std::size_t>(step)].calls)};
  }

  graph::Registry registry_;
  const std::shared_ptr<nodes::Services> services_;
  const std::int64_t steps_;
  std::string folder_;
  std::mutex mutex_;
  std::vector<cv::Mat> pictures_;
};

/// Of a picture, what has about this hue: colours that are not nearly grey, dark or light.
cv::Mat of_hue(const cv::Mat& picture, float hue) {
  cv::Mat hsv, mask(picture.size(), CV_8UC1, cv::Scalar(0));
  cv::cvtColor(picture, hsv, cv::COLOR_RGB2HSV);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      const cv::Vec3f& pixel = hsv.at<cv::Vec3f>(y, x);
      const float apart = std::abs(std::remainder(pixel[0] - hue, 360.0F));
      if (apart < 30 && pixel[1] > 0.4F && pixel[2] > 0.25F) mask.at<unsigned char>(y, x) = 1;
    }
  }
  return mask;
}

bool stands_in(const cv::Mat& picture, const cv::Rect& half, float hue) {
  const cv::Mat mask = of_hue(picture, hue);
  const double all = cv::sum(mask)[0], inside = cv::sum(mask(half))[0];
  return all >= 0.02 * static_cast<double>(mask.total()) && inside >= 0.75 * all;
}

void bench_words(int seeds, double given) {
  struct Collage {
    const char *prompt, *first, *second;
    float first_hue, second_hue;
    bool above;       ///< the first half lies above the second, and not beside it
    double strength;  ///< that does best of 0.5, 0.8, 0.85, 0.9 and 1
  };
  const Collage collages[] = {
      {"a red heart and a blue star on white paper, paper cut", "blue star", "red heart", 215, 0, false, 0.9},
      {"a green tree and a purple fish on white paper, painted", "purple fish", "green tree", 280, 120, false, 1},
      {"a yellow sun and a blue boat on white paper, paper cut", "blue boat", "yellow sun", 215, 48, true, 0.8}};
  Graphs graphs(20);
  for (const Collage& one : collages) {
    const double strength = given > 0 ? given : one.strength;
    for (const bool pulled : {true, false}) {
      int stand = 0;
      for (const cv::Mat& picture :
           graphs.halves(one.prompt, one.first, one.second, one.above, pulled, seeds, strength)) {
        const int width = one.above ? picture.cols : picture.cols / 2,
                  height = one.above ? picture.rows / 2 : picture.rows;
        stand += stands_in(picture, {0, 0, width, height}, one.first_hue) ? 1 : 0;
        stand +=
            stands_in(picture, {picture.cols - width, picture.rows - height, width, height}, one.second_hue) ? 1 : 0;
      }
      std::printf("%s: %s, %d of %d subjects stand in their halves\n", one.prompt,
                  pulled ? "words pulled" : "not pulled", stand, 2 * seeds);
      std::fflush(stdout);
    }
  }
}

void bench_graphs(int rounds, int steps) {
  Graphs graphs(steps);
  graphs.collage(true), graphs.plain();  // what is read and kept for the first time
  double plain = 1e30, without = 1e30, pulled = 1e30;
  for (int round = 0; round < rounds; ++round) {
    const Graphs::Result a = graphs.plain(), b = graphs.collage(false), c = graphs.collage(true);
    std::printf("img2img %.2f s, %ld calls; three layers %.2f s, %ld calls; with words pulled %.2f s\n", a.seconds,
                static_cast<long>(a.calls), b.seconds, static_cast<long>(b.calls), c.seconds);
    plain = std::min(plain, a.seconds);
    without = std::min(without, b.seconds);
    pulled = std::min(pulled, c.seconds);
  }
  std::printf("layers take %.3f of img2img's time, with words pulled %.3f\n", without / plain, pulled / plain);
}

models::UNetConfig sdxl() {
  for (const models::KnownNetwork& network : models::known_checkpoints().front().networks) {
    if (network.part == std::string("unet"))
      return models::UNetConfig::read(tensors::ConfigReader::parse(std::string(network.config), "unet"));
  }
  std::fprintf(stderr, "no config of SDXL's UNet\n");
  std::exit(1);
}

/// Three layers, a half and two quarters of the canvas, of four words each.
models::LogitEdit three_layers() {
  std::vector<models::AttentionRegion> regions;
  for (int layer = 0; layer < 3; ++layer) {
    at::Tensor mask = at::zeros({1, 1, 512, 512});
    if (layer == 0) mask.slice(2, 256, 512).fill_(1);
    else mask.slice(2, 0, 256).slice(3, layer == 1 ? 0 : 256, layer == 1 ? 256 : 512).fill_(1);
    const std::int64_t first = 2 + 5 * layer;
    regions.push_back({{first, first + 1, first + 2, first + 3}, mask, 0.5, 0.5});
  }
  return models::attention_edit(regions, models::AttentionFall::kLogLog, 10);
}

void bench_full(int steps) {
  tensors::keep_memory_of_large_tensors();
  const at::NoGradGuard no_gradients;
  bench::RandomSource source;
  const models::UNet unet(sdxl(), source);
  const models::UNetConfig& config = unet.config();
  const std::int64_t pooled = config.additional_width - 6 * config.addition_time_embed_dim;
  const models::UNet::Input plain{at::randn({2, 4, 64, 64}), at::full({2}, 500.0),
                                  at::randn({2, 77, config.cross_attention_dim}), at::randn({2, pooled}),
                                  at::full({2, 6}, 512.0)};
  models::UNet::Input pulled = plain;
  const models::LogitEdit edit = three_layers();
  pulled.edits = {nullptr, &edit};
  unet(plain);
  // The processor's time, which others on the machine change least.
  const auto processor = [](const auto& call) {
    const std::clock_t from = std::clock();
    const double wall = bench::seconds(call);
    return std::pair{static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC, wall};
  };
  double least = 1e30, least_pulled = 1e30;
  for (int step = 0; step < steps; ++step) {
    const auto a = processor([&] { unet(plain); }), b = processor([&] { unet(pulled); });
    std::printf("a step %.1f s of the processor, %.1f s; with words pulled to three places %.1f s, %.1f s\n", a.first,
                a.second, b.first, b.second);
    std::fflush(stdout);
    least = std::min(least, a.first);
    least_pulled = std::min(least_pulled, b.first);
  }
  std::printf("with words pulled it takes %.3f of the processor's time\n", least_pulled / least);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };
  if (argc > 1 && std::strcmp(argv[1], "full") == 0) bench_full(number(2, 2));
  else if (argc > 1 && std::strcmp(argv[1], "words") == 0)
    bench_words(number(2, 16), argc > 3 ? std::atof(argv[3]) : 0);
  else bench_graphs(number(2, 3), number(3, 20));
  return 0;
}
