// The promises. Each is a sentence and a check that says, in words, where it is broken; each is in
// its own file, and All() lists them. The ids are those of docs/verification.md.
//
// S5 to S7 are about what was told when, so EventLog and Users hold what they hear against the
// record as it comes; S10 and the first half of S8 are about an instant, so Witness looks on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reconcilers/common/placement_queue.h"
#include "tests/sim/accidents.h"
#include "tests/sim/program.h"
#include "tests/sim/users.h"
#include "tests/sim/world.h"

namespace nekoplane::sim {

struct View {
  const World& world;
  Program& program;  // alive, nothing in flight that matters
  const Users& users;
};

using Wrong = std::vector<std::string>;

struct Invariant {
  const char* id;
  const char* sentence;
  void (*check)(const View&, Wrong&);
  bool always;  // else: once faults have stopped and time has passed
};

// In the order of their ids.
const std::vector<Invariant>& AllInvariants();

// Every check of that kind; each finding begins with the id.
Wrong CheckInvariants(const View& view, bool settled);

// Helpers of the checks.
std::string NameOf(const v1alpha1::BrowserSession& session);
std::string Describe(const v1alpha1::BrowserSession& session);

// The single invariants.
void CheckOneContainer(const View& view, Wrong& wrong);
void CheckPorts(const View& view, Wrong& wrong);
void CheckOrphans(const View& view, Wrong& wrong);
void CheckProfileData(const View& view, Wrong& wrong);
void CheckNoSessionLost(const View& view, Wrong& wrong);
void CheckGenerations(const View& view, Wrong& wrong);
void CheckSecrets(const View& view, Wrong& wrong);
void CheckPulls(const View& view, Wrong& wrong);
void CheckMatches(const View& view, Wrong& wrong);
void CheckStatusTrue(const View& view, Wrong& wrong);
void CheckDeletionsDone(const View& view, Wrong& wrong);
void CheckClaims(const View& view, Wrong& wrong);
void CheckRoom(const View& view, Wrong& wrong);
void CheckReadyAnswers(const View& view, Wrong& wrong);
void CheckFinalizers(const View& view, Wrong& wrong);
void CheckImages(const View& view, Wrong& wrong);
void CheckQueue(const View& view, Wrong& wrong);
void CheckLosses(const View& view, Wrong& wrong);
void CheckDrains(const View& view, Wrong& wrong);
void CheckAllocated(const View& view, Wrong& wrong);

// The queue as the sessions' statuses tell it.
std::unique_ptr<reconcilers::PlacementQueue> QueueOf(const View& view);

}  // namespace nekoplane::sim
