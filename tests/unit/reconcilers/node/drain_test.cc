#include <gtest/gtest.h>

#include "reconcilers/node/decide.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;
using v1alpha1::DrainPolicy;
using v1alpha1::NodeDrain;

class DrainTest : public ::testing::Test {
 protected:
  DrainTest() {
    in_.node = testing::MakeNode("attic");
    in_.node.status.heartbeatTime = "2025-12-31T23:59:00Z";
    in_.ledger = testing::MakeLedger();
    in_.facts = runtime::NodeFacts{.memory_bytes = std::int64_t{16} << 30,
                                   .cores = 8,
                                   .arch = "amd64",
                                   .engine_name = "docker",
                                   .engine_version = "29.0",
                                   .engine_api_version = "1.51"};
    in_.now = clock_.WallNow();
  }

  std::string Says() {
    const auto status = Decide(in_);
    const auto* drained = FindCondition(status.conditions, cond::kDrained);
    return drained->status + "/" + drained->reason +
           (drained->message.empty() ? "" : ": " + drained->message);
  }

  testing::FakeClock clock_;
  Inputs in_;
};

TEST_F(DrainTest, StartIsStampedOnceAndClearedWhenItIsOver) {
  EXPECT_EQ(Says(), "False/NotDraining");
  in_.node.spec.drain = NodeDrain{};
  in_.node.status = Decide(in_);
  EXPECT_EQ(in_.node.status.drainStartedTime, "2026-01-01T00:00:00Z");
  clock_.Advance(std::chrono::minutes(7));
  in_.now = clock_.WallNow();
  in_.node.spec.drain->policy = DrainPolicy::kEvict;
  EXPECT_EQ(Decide(in_).drainStartedTime, "2026-01-01T00:00:00Z");
  in_.node.spec.drain.reset();
  EXPECT_EQ(Decide(in_).drainStartedTime, "");
  EXPECT_EQ(Says(), "False/NotDraining");
}

struct Row {
  const char* name;
  NodeDrain drain;
  std::vector<HeldSession> sessions;
  const char* says;
};

void PrintTo(const Row& row, std::ostream* os) { *os << row.name; }

class DrainSaysTest : public DrainTest, public ::testing::WithParamInterface<Row> {};

TEST_P(DrainSaysTest, WhatIsLeftAndWhatBecomesOfIt) {
  in_.node.spec.drain = GetParam().drain;
  in_.sessions = GetParam().sessions;
  EXPECT_EQ(Says(), GetParam().says);
}

const std::vector<HeldSession> kTwo = {{"default/a", true}, {"home/b", false}};

INSTANTIATE_TEST_SUITE_P(
    Cases, DrainSaysTest,
    ::testing::Values(
        Row{"Empty", {}, {}, "True/Drained"},
        Row{"EmptyByMigrate", {DrainPolicy::kMigrate, ""}, {}, "True/Drained"},
        Row{"One",
            {},
            {{"default/a", false}},
            "False/Draining: 1 session left: default/a; each goes when nobody watches it; no "
            "deadline"},
        Row{"Deadline",
            {DrainPolicy::kWaitForUsers, "30m"},
            kTwo,
            "False/Draining: 2 sessions left: default/a (watched), home/b; each goes when nobody "
            "watches it; what is left at 2026-01-01T00:30:00Z is stopped"},
        Row{"Evict",
            {DrainPolicy::kEvict, ""},
            kTwo,
            "False/Draining: 2 sessions left: default/a (watched), home/b; they are being stopped"},
        Row{"Migrate",
            {DrainPolicy::kMigrate, ""},
            kTwo,
            "False/MigrateUnsupported: profiles cannot be moved yet; use WaitForUsers or Evict; 2 "
            "sessions left: default/a (watched), home/b"},
        Row{"Many",
            {DrainPolicy::kEvict, ""},
            {{"n/a", false},
             {"n/b", false},
             {"n/c", false},
             {"n/d", false},
             {"n/e", false},
             {"n/f", true},
             {"n/g", false}},
            "False/Draining: 7 sessions left: n/a, n/b, n/c, n/d, n/e, and 2 more; they are being "
            "stopped"}),
    [](const auto& row) { return row.param.name; });

class DeletionTest : public DrainTest {
 protected:
  DeletionTest() {
    in_.node.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    in_.node.metadata.finalizers = {"nekoplane.dev/node"};
    in_.remains = Remains{.known = true, .containers = {}, .volumes = {}};
  }

  void Silent() {
    in_.facts.reset();
    in_.remains.reset();
    in_.why = MakeStatus(Code::kUnavailable, "Unavailable", "connection refused");
  }

  static constexpr char kForce[] =
      "to let go of it all the same: kubectl patch bnode attic --type=merge -p "
      R"('{"metadata":{"finalizers":null}}')";
};

TEST_F(DeletionTest, GoesWhenTheMachineSaysThatNothingIsLeft) { EXPECT_TRUE(NothingLeft(in_)); }

TEST_F(DeletionTest, SessionsHoldIt) {
  in_.sessions = kTwo;
  in_.remains.reset();
  EXPECT_FALSE(NothingLeft(in_));
  EXPECT_EQ(Says(),
            std::string("False/DeletionHeld: waits for sessions to be gone from it; 2 sessions "
                        "left: default/a (watched), home/b; ") +
                kForce);
}

TEST_F(DeletionTest, ContainersAndVolumesHoldIt) {
  in_.remains->containers = {"nekoplane-u1 (of default/a)"};
  EXPECT_FALSE(NothingLeft(in_));
  in_.remains->volumes = {"nekoplane-profile-p"};
  EXPECT_EQ(Says(),
            std::string("False/DeletionHeld: 1 container left: nekoplane-u1 (of default/a); 1 "
                        "volume left: nekoplane-profile-p; delete the profile that it belongs to, "
                        "or remove it with docker volume rm; ") +
                kForce);
  in_.remains->containers.clear();
  EXPECT_FALSE(NothingLeft(in_));
}

TEST_F(DeletionTest, SilentMachineHoldsItBecauseNobodyKnows) {
  Silent();
  EXPECT_FALSE(NothingLeft(in_));
  EXPECT_EQ(Says(), std::string("False/DeletionHeld: its engine does not answer, so nobody knows "
                                "what still runs there; if the machine is gone for good, ") +
                        kForce);
}

TEST_F(DeletionTest, AnswerWithoutAListIsNoListOfNothing) {
  in_.remains = Remains{};
  EXPECT_FALSE(NothingLeft(in_));
}

TEST_F(DeletionTest, MachineThatNeverAnsweredHasNothingOfOurs) {
  Silent();
  in_.node.status.heartbeatTime.clear();
  EXPECT_TRUE(NothingLeft(in_));
  in_.sessions = kTwo;
  EXPECT_FALSE(NothingLeft(in_));
}

std::vector<std::string> NotesOf(const v1alpha1::BrowserNodeStatus& before, const Inputs& in) {
  std::vector<std::string> said;
  for (const auto& note : NotesFor(before, Decide(in))) {
    said.push_back((note.warning ? "warning " : "") + note.reason);
  }
  return said;
}

using Said = std::vector<std::string>;

TEST_F(DrainTest, PeopleAreToldOfChangesOnly) {
  const v1alpha1::BrowserNodeStatus nothing;
  EXPECT_EQ(NotesOf(nothing, in_), Said{}) << "a new node is no news";
  const auto calm = Decide(in_);
  EXPECT_EQ(NotesOf(calm, in_), Said{});

  auto silent = in_;
  silent.facts.reset();
  silent.why = MakeStatus(Code::kUnavailable, "Unavailable", "connection refused");
  EXPECT_EQ(NotesOf(calm, silent), Said{"warning EngineUnavailable"});
  const auto suspected = Decide(silent);
  EXPECT_EQ(NotesOf(suspected, silent), Said{});
  silent.silence = Silence::kTooMany;
  EXPECT_EQ(NotesOf(suspected, silent), Said{"warning TooManyNodesLost"});
  silent.silence = Silence::kLost;
  EXPECT_EQ(NotesOf(suspected, silent), Said{"warning NodeLost"});
  EXPECT_EQ(NotesOf(Decide(silent), in_), Said{"EngineReady"});

  auto draining = in_;
  draining.node.spec.drain = NodeDrain{};
  draining.sessions = kTwo;
  EXPECT_EQ(NotesOf(calm, draining), Said{"Draining"});
  const auto two_left = Decide(draining);
  draining.sessions.pop_back();
  EXPECT_EQ(NotesOf(two_left, draining), Said{}) << "each session that goes is in the condition";
  draining.sessions.clear();
  EXPECT_EQ(NotesOf(two_left, draining), Said{"Drained"});
  EXPECT_EQ(NotesOf(two_left, in_), Said{"NotDraining"});
}

}  // namespace
}  // namespace nekoplane::reconcilers::node
