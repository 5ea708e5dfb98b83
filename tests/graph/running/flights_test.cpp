// SPDX-License-Identifier: MIT
#include "graph/running/flights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {
using graph::Flight;
using graph::Outcome;

std::shared_ptr<Flight> new_flight() {
  return std::make_shared<Flight>(graph::Rows{}, 0, graph::Clock::now());
}

/// What it says that it ended with; empty when that is well.
std::string end_of(const Flight& flight) {
  try {
    flight.check();
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST(Flight, LandsWhenItHasEndedAndWasHandedOver) {
  int landed = 0;
  const auto early = new_flight();
  early->end(Outcome::kDone, "");
  EXPECT_EQ(landed, 0);
  early->hand_over([&] { ++landed; });
  EXPECT_EQ(landed, 1);

  const auto late = new_flight();
  late->hand_over([&] { ++landed; });
  EXPECT_EQ(landed, 1);
  late->end(Outcome::kDone, "");
  EXPECT_EQ(landed, 2);
  EXPECT_EQ(end_of(*late), "");
}

TEST(Flight, EndsOnce) {
  int landed = 0;
  const auto flight = new_flight();
  flight->hand_over([&] { ++landed; });
  flight->end(Outcome::kFailed, "the first");
  flight->end(Outcome::kDone, "");
  flight->completion()->fail("too late");
  EXPECT_EQ(landed, 1);
  EXPECT_EQ(end_of(*flight), "the first");
}

TEST(Flight, FailsWhenItsCompletionIsDropped) {
  const auto flight = new_flight();
  EXPECT_FALSE(flight->deferred());
  flight->completion();
  EXPECT_TRUE(flight->deferred());
  EXPECT_EQ(end_of(*flight), "the deferred call was dropped without an end");
}

TEST(Flight, ThatIsGivenUpCancels) {
  const auto flight = new_flight();
  flight->end(Outcome::kAbandoned, "");
  EXPECT_THROW(flight->check(), graph::Cancelled);
}

TEST(Flights, OnlyThoseWhoseNodesGoOnCanBeEndedFromOutside) {
  graph::Flights flights;
  const auto take_off = [&] { return flights.take_off({}, 0, graph::Clock::now()); };
  const auto deferred = take_off(), on_device = take_off(), inside = take_off();
  const auto kept = deferred->completion(), held = inside->completion();
  deferred->hand_over([] {});
  on_device->hand_over([] {});
  EXPECT_THAT(flights.deferred(), testing::ElementsAre(deferred));
  EXPECT_THROW(flights.check(), graph::EngineError);
  for (const auto& flight : {deferred, on_device, inside}) flights.forget(*flight);
  EXPECT_NO_THROW(flights.check());
}

}  // namespace
