// SPDX-License-Identifier: MIT
// The scripts and manifests of examples/slurm and examples/kubernetes, run without their schedulers, and examples of
// runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include "tests/cli/program.h"

namespace testing_cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kExamples = SOURCE_DIR "/examples/";

class Examples : public testing::Test {
 protected:
  Examples() {
    fs::create_directory(folder_ / "bin");
    fs::create_symlink(DECOUPAGE, folder_ / "bin/decoupage");
    env_["PATH"] = folder_ / "bin:" + std::string(getenv("PATH"));
  }

  void add_program(const std::string& name, const std::string& text) {
    fs::permissions(folder_.write("bin/" + name, "#!/bin/bash\n" + text), fs::perms::owner_all);
  }

  Start start() const { return {folder_.path(), env_}; }

  /// A script of the Slurm example, with the variables that a task has.
  std::vector<std::string> script(const std::string& name, const std::vector<std::string>& words) {
    std::vector<std::string> all{kExamples + "slurm/" + name};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  void be_task(int task, int count) {
    env_["SLURM_ARRAY_JOB_ID"] = "17";
    env_["SLURM_ARRAY_TASK_ID"] = std::to_string(task);
    env_["SLURM_ARRAY_TASK_COUNT"] = std::to_string(count);
  }

  Folder folder_;
  std::map<std::string, std::string> env_;
};

TEST_F(Examples, SlurmScriptsRunTheShardsAndTheMerge) {
  const std::string graph = kExamples + "slurm/noise.yaml";
  for (int task = 1; task <= 3; ++task) {
    be_task(task, 3);
    const Result result =
        Program(script("render.sbatch", {graph, "out", "--seed", "0..6", "--size", "32"}), start(), "/bin/bash").wait();
    EXPECT_EQ(result.code, 0) << result.err;
    const Result merge = Program(script("merge.sbatch", {"out"}), start(), "/bin/bash").wait();
    EXPECT_EQ(merge.code, task == 3 ? 0 : 1) << merge.out << merge.err;
  }
  EXPECT_EQ(folder_.outputs("out").size(), 8u);
  const Result wrong = Program(script("render.sbatch", {graph, "out", "--sede", "1"}), start(), "/bin/bash").wait();
  EXPECT_EQ(wrong.code, 2);
}

TEST_F(Examples, SlurmTaskWhoseTimeIsUpAsksForAnotherTurn) {
  add_program("scontrol", "echo \"$@\" >asked\nkill -KILL $PPID\n");
  be_task(1, 1);
  const std::vector<std::string> words =
      script("render.sbatch", {kExamples + "slurm/noise.yaml", "out", "--seed", "0..1999", "--size", "128"});
  Program program(words, start(), "/bin/bash");
  while (program.running() && folder_.outputs("out").size() < 3) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  program.signal(SIGTERM);
  const Result result = program.wait();
  EXPECT_EQ(result.code, 128 + SIGKILL) << result.err;
  EXPECT_EQ(folder_.read("asked"), "requeue 17_1\n");
  EXPECT_LT(folder_.outputs("out").size(), 2000u);
  EXPECT_EQ(Program(words, start(), "/bin/bash").wait().code, 0);
  EXPECT_EQ(folder_.outputs("out").size(), 2001u);
}

TEST_F(Examples, SlurmSubmissionNamesBothJobs) {
  add_program("sbatch", "echo \"$@\" >>submitted\nwc -l <submitted\n");
  const Result result =
      Program(script("submit.sh", {"8", kExamples + "slurm/noise.yaml", "out", "--seed", "0..9"}), start(), "/bin/bash")
          .wait();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "1 2\n");
  EXPECT_THAT(folder_.read("submitted"), HasSubstr("--array=1-8"));
  EXPECT_THAT(folder_.read("submitted"), HasSubstr("--dependency=afterany:1"));
  folder_.write("wrong.yaml", "graph: wrong\n");
  EXPECT_NE(Program(script("submit.sh", {"8", "wrong.yaml", "out"}), start(), "/bin/bash").wait().code, 0);
}

TEST_F(Examples, ATableHasARowForEachPaper) {
  const Result result = decoupage(
      {"run", kExamples + "items/rows.yaml", "--items", kExamples + "items/rows.csv", "--output-dir", "papers"},
      start());
  EXPECT_EQ(result.code, 0) << result.err;
  std::vector<std::string> names;
  for (const auto& [name, bytes] : folder_.outputs("papers")) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"hill-5.png", "sky_early-3.png", "sky_late-4.png", "wall-6.png"}));
}

TEST_F(Examples, ARunWithoutEndGoesOnAsItBegan) {
  const std::vector<std::string> words{"run", kExamples + "endless/endless.yaml", "--number", "0.."};
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = words;
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_EQ(decoupage(all, start()).code, 0);
  };
  run({"--output-dir", "few", "--max-items", "8", "--run-seed", "3"});
  run({"--output-dir", "parts", "--max-items", "3", "--run-seed", "3"});
  run({"--output-dir", "parts", "--max-items", "8", "--resume"});
  EXPECT_EQ(folder_.outputs("few").size(), 8u);
  EXPECT_EQ(difference(folder_.outputs("parts"), folder_.outputs("few")), "");
}

/// A job's pod template, with what belongs together held to each other.
class Manifest {
 public:
  explicit Manifest(const std::string& name) : job_(YAML::LoadFile(kExamples + "kubernetes/" + name)) {
    EXPECT_EQ(job_["apiVersion"].as<std::string>(), "batch/v1");
    EXPECT_EQ(job_["kind"].as<std::string>(), "Job");
    // What a podFailurePolicy asks for.
    EXPECT_EQ(pod()["restartPolicy"].as<std::string>(), "Never");
    for (const YAML::Node& rule : spec()["podFailurePolicy"]["rules"]) {
      if (!rule["onExitCodes"]) continue;
      EXPECT_EQ(rule["onExitCodes"]["containerName"].as<std::string>(), container()["name"].as<std::string>());
      for (const int code : rule["onExitCodes"]["values"].as<std::vector<int>>()) {
        actions_[code] = rule["action"].as<std::string>();
      }
    }
    for (const YAML::Node& mount : container()["volumeMounts"]) {
      bool there = false;
      for (const YAML::Node& volume : pod()["volumes"]) there |= volume["name"].Scalar() == mount["name"].Scalar();
      EXPECT_TRUE(there) << mount["name"];
    }
  }

  YAML::Node spec() const { return job_["spec"]; }
  YAML::Node pod() const { return spec()["template"]["spec"]; }
  YAML::Node container() const { return pod()["containers"][0]; }
  std::map<int, std::string> actions() const { return actions_; }

  Result run(Start start, const std::map<std::string, std::string>& env) const {
    for (const YAML::Node& one : container()["env"]) start.env[one["name"].Scalar()] = one["value"].Scalar();
    for (const auto& [name, value] : env) start.env[name] = value;
    const auto command = container()["command"].as<std::vector<std::string>>();
    std::vector<std::string> words(command.begin() + 1, command.end());
    for (const auto& word : container()["args"].as<std::vector<std::string>>()) words.push_back(word);
    return Program(words, start, command[0]).wait();
  }

 private:
  YAML::Node job_;
  std::map<int, std::string> actions_;
};

TEST_F(Examples, KubernetesManifestsRunTheShardsAndTheMerge) {
  const Manifest render("render.yaml"), merge("merge.yaml");
  EXPECT_EQ(render.spec()["completionMode"].as<std::string>(), "Indexed");
  EXPECT_EQ(render.actions(), (std::map<int, std::string>{{2, "FailJob"}, {130, "Ignore"}}));
  EXPECT_EQ(merge.actions(), (std::map<int, std::string>{{1, "FailJob"}, {2, "FailJob"}}));
  const int count = render.spec()["completions"].as<int>();
  EXPECT_LE(render.spec()["maxFailedIndexes"].as<int>(), count);
  const std::map<std::string, std::string> env{
      {"OUTPUT", "out"}, {"GRAPH", kExamples + "slurm/noise.yaml"}, {"SEEDS", "0..4"}};
  for (int index = 0; index < count; ++index) {
    EXPECT_EQ(merge.run(start(), env).code, index == 0 ? 2 : 1);
    std::map<std::string, std::string> indexed = env;
    indexed["JOB_COMPLETION_INDEX"] = std::to_string(index);
    const Result result = render.run(start(), indexed);
    EXPECT_EQ(result.code, 0) << result.err;
  }
  const Result result = merge.run(start(), env);
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_EQ(folder_.outputs("out").size(), 6u);
}

}  // namespace
}  // namespace testing_cli
