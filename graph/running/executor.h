// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "graph/run.h"
#include "graph/running/admission.h"
#include "graph/running/call_guard.h"
#include "graph/running/call_maker.h"
#include "graph/running/checkpoints.h"
#include "graph/running/eaches.h"
#include "graph/running/environment.h"
#include "graph/running/flights.h"
#include "graph/running/flow.h"
#include "graph/running/instances.h"
#include "graph/running/items.h"
#include "graph/running/loop_sharing.h"
#include "graph/running/loops.h"
#include "graph/running/memory_guard.h"
#include "graph/running/shared_work.h"
#include "graph/running/tally.h"
#include "graph/running/watchdog.h"

namespace graph {

/// One run of a plan: its parts, and what becomes of a packet at a node, from being ready to what it sends. Built, run
/// once, dropped.
///
/// Node bodies never throw into TBB: what a node throws fails its item, whose frames go on through the graph untouched,
/// so that every count comes out and no other item notices.
///
/// Locks: each part has its own and calls no other part while it holds it, with two exceptions: MemoryGuard locks the
/// ready queues and gives tickets, and Instances opens a node.
class Executor final : Flow::Bodies, NodeEnds {
 public:
  /// Opens the nodes. Throws Faults: those that cannot be.
  Executor(const Plan& plan, const RunOptions& options);
  RunReport run();

 private:
  /// What becomes of a packet before its node is called.
  enum class Fate { kCall, kPass, kBody, kGone };

  // Flow::Bodies and NodeEnds.
  void admit(int lane) override { items_.admit(lane); }
  void work(Resource& resource) override;
  void end_pass(Frame* frame) override;
  void land(Flight& flight) override;
  bool pass_by(Frame* frame, int node) override;
  void finish(Frame* frame, int node, std::vector<Value>& outputs, Outcome outcome) override;

  void announce() const;
  void check_conservation() const;
  RunReport report(Clock::duration elapsed) const;

  // executor_ticket.cpp: one ticket's work.
  void use_ticket(Resource& resource);
  Rows ready_rows(const Ready& best, const std::vector<Ready>& more);
  bool settle(Call& call);
  bool give_instance(Call& row);
  Fate prepare(Call& call);
  Fate join_group(Frame* frame, int node);
  Fate join_gathering(Call& call);
  void pass(Call& call);
  Rows pick_batch(Rows rows);
  bool take_key(Call& row, std::string& key, int& size);
  void end_call(Resource& resource, int node);

  // executor_send.cpp: what a node sent goes on.
  void store(Frame* frame, int node, std::vector<Value>& outputs, bool tapped);
  void release_reads(Frame* frame, int node);
  void send_on(Frame* frame, int node);
  void leave_group(Frame* frame, int node);

  Environment environment_;
  const std::vector<bool> switched_off_;  ///< by node: for the whole run, by its own `when`
  const int lanes_;
  const Admission admission_;
  LoopSharing sharing_;
  Instances instances_;
  SharedWork shared_;
  Pulse pulse_;
  Tally tally_;
  Flights flights_;
  Flow flow_;
  MemoryGuard memory_;
  const CallGuard guard_;
  Checkpoints checkpoints_;
  Items items_;
  Loops loops_;
  Eaches eaches_;
  CallMaker calls_;
};

}  // namespace graph
