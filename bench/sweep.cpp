// SPDX-License-Identifier: MIT
/// What does a sweep of a setting that acts late cost, beside as many runs of one value each?
///
///   sweep [ROUNDS]      of configs/collagenet.yaml with the embedded model; run in the repository
///
/// One seed, eight values of alpha_end, which acts from 0.7 of 30 steps on. The runs of one value each are made one
/// after the other in this process. Time is that of the items: models have been loaded when it begins. A second figure
/// is the time inside the loop's nodes alone, since a sweep also encodes its text and makes its bank once. The pictures
/// are compared bit for bit.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/lanes.h"
#include "nodes/register.h"
#include "nodes/services.h"
#include "nodes/values.h"

namespace {

constexpr int kValues = 8;

double alpha(int k) {
  return 0.05 * (k + 1);
}

graph::Assignment set(const std::string& name, const std::vector<graph::Scalar>& values) {
  graph::Assignment assignment{name, {}, {"sweep"}};
  for (const graph::Scalar& value : values) assignment.values.emplace_back(value);
  return assignment;
}

class Bench {
 public:
  Bench() : services_(std::make_shared<nodes::Services>(models::ModelPlaces::from_environment("assets/model"))) {
    nodes::register_all(registry_, services_);
    graph_ = std::make_shared<const graph::Graph>(graph::check(graph::load_file("configs/collagenet.yaml"), registry_));
    folder_ = (std::filesystem::temp_directory_path() / "decoupage-sweep").string();
  }
  ~Bench() { std::filesystem::remove_all(folder_); }

  struct Result {
    double seconds = 0;
    double loop_seconds = 0;          ///< inside the nodes of the loop, all threads together
    std::map<int, cv::Mat> pictures;  ///< by value
    int steps = 0;                    ///< rows of the UNet
  };

  Result sweep(int lanes) {
    std::vector<graph::Scalar> values;
    for (int k = 0; k < kValues; ++k) values.emplace_back(alpha(k));
    return run(values, lanes, 0);
  }

  Result alone(int lanes) {
    Result all;
    for (int k = 0; k < kValues; ++k) {
      Result one = run({alpha(k)}, lanes, k);
      all.seconds += one.seconds;
      all.loop_seconds += one.loop_seconds;
      all.steps += one.steps;
      all.pictures.merge(one.pictures);
    }
    return all;
  }

 private:
  Result run(const std::vector<graph::Scalar>& alphas, int lanes, int first) {
    std::filesystem::remove_all(folder_);
    const graph::Plan plan(graph_, {set("alpha_end", alphas), set("source_images", {graph::Path{"assets/papers"}}),
                                    set("prompt", {std::string("a red house on a meadow")}),
                                    set("num_inference_steps", {std::int64_t{30}})});
    graph::RunOptions options;
    options.lanes = lanes;
    const nodes::Lanes hooks(options, *services_, plan);
    options.max_batch = 1;  // rows of a batch may differ in the last bits from what they are alone
    options.output_dir = folder_;
    Result result;
    std::mutex mutex;
    options.taps.push_back({"collage.image", [&](const graph::Item& item, const graph::Value& value) {
                              const std::lock_guard lock(mutex);
                              result.pictures[first + item.index] = value.as<nodes::Image>().pixels.clone();
                            }});
    const graph::RunReport report = graph::run(plan, options);
    const auto seconds = [](graph::Clock::duration time) { return std::chrono::duration<double>(time).count(); };
    result.seconds = seconds(report.elapsed);
    for (std::size_t n = 0; n < graph_->nodes.size(); ++n) {
      if (graph_->nodes[n].region != 0) result.loop_seconds += seconds(report.nodes[n].busy);
    }
    result.steps = static_cast<int>(report.nodes[graph_->find_node("denoise.step")].packets);
    if (report.done != plan.items()) {
      std::fprintf(stderr, "%s\n", report.failures.empty() ? "items were lost" : report.failures[0].what.c_str());
      std::exit(1);
    }
    return result;
  }

  graph::Registry registry_;
  const std::shared_ptr<nodes::Services> services_;
  std::shared_ptr<const graph::Graph> graph_;
  std::string folder_;
};

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  return numbers[numbers.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  Bench bench;
  bench.sweep(1);  // what is read and kept for the first time
  for (const int lanes : {1, 2}) {
    std::vector<double> ratios, loop_ratios;
    for (int round = 0; round < rounds; ++round) {
      const Bench::Result swept = bench.sweep(lanes), alone = bench.alone(lanes);
      ratios.push_back(swept.seconds / alone.seconds);
      loop_ratios.push_back(swept.loop_seconds / alone.loop_seconds);
      int same = 0;
      for (int k = 0; k < kValues; ++k) same += equal(swept.pictures.at(k), alone.pictures.at(k));
      std::printf("%d lanes: swept %.2f s, %d steps; alone %.2f s, %d steps; %d of %d pictures equal\n", lanes,
                  swept.seconds, swept.steps, alone.seconds, alone.steps, same, kValues);
    }
    std::printf("%d lanes: %.3f of the time, %.3f inside the loop\n", lanes, median(ratios), median(loop_ratios));
  }
  return 0;
}
