// Mutants: deliberate defects, one at a time, that prove the simulator's invariants would find the
// real ones. Each is a line of product code behind NEKO_MUTANT(kName).
//
// Ordinary builds: NEKO_MUTANT is the constant false, so nothing of them is compiled in. Built with
// NEKO_MUTANTS (`cmake --preset mutants`), active_mutant chooses one; then a simulated world in
// which no invariant breaks means that an invariant, or a fault, is missing.
//
// Thread safety: none. active_mutant is set before a world is made, by its one thread.
#pragma once

namespace nekoplane {

// What is wrong when it is active; reconcilers, machinery, store, API.
#define NEKO_MUTANT_LIST(X)                                                                       \
  X(kClaimAfterAct, "a container is started before its node, ports and room are claimed")         \
  X(kProfileClaimSkipped, "a session writes to a profile without claiming it")                    \
  X(kGoneProfileClaimed, "a session claims a profile that was deleted since it looked")           \
  X(kDemandIgnored, "the room that sessions hold counts as nothing")                              \
  X(kRoomNotChecked, "the scheduler puts sessions on nodes that have no room left")               \
  X(kNoFinalizer, "a session's container is started although no finalizer guards the session")    \
  X(kAdoptByName, "a container of an earlier session of the same name is taken for its own")      \
  X(kUnknownIsGone, "an engine that does not answer is taken to say that there is no container")  \
  X(kPortsReleasedEarly, "deletion gives back ports and room while the container still runs")     \
  X(kFinishedTooEarly, "deletion lets the object go while the container is still there")          \
  X(kVolumeBeforeContainer, "deletion removes the private volume before the container")           \
  X(kSpecChangeIgnored, "a container made from an old spec goes on running")                      \
  X(kReadyDuringRecreate, "a session stays Ready while its container is made anew")               \
  X(kReadyWithoutProbe, "a session is Ready as soon as its container runs")                       \
  X(kSickStaysReady, "a browser that stopped answering is never restarted")                       \
  X(kSuspendKeepsContainer, "a suspended session's container goes on running")                    \
  X(kSuspendKeepsRoom, "a suspended session keeps its room and ports")                            \
  X(kRebindBeforeRemoval, "a change of profile gives back all claims while the container runs")   \
  X(kRetryTimeNotCleared, "a successful start leaves the time of the next attempt in the status") \
  X(kTakenPortRetried, "a port that a stranger holds is not remembered as refused")               \
  X(kTransitionTimeMoves, "lastTransitionTime moves although the status stays the same")          \
  X(kPasswordInStatus, "a condition's message tells Neko's password")                             \
  X(kPasswordInEvent, "an event tells Neko's password")                                           \
  X(kProfileDeletedWhileHeld, "a profile is deleted although a session still holds it")           \
  X(kRetainIgnored, "a profile's data is removed although its retentionPolicy is Retain")         \
  X(kStartWithoutProfile, "a browser whose profile was forced away is started without it")        \
  X(kHolderNotCleared, "a profile goes on naming a holder that has let it go")                    \
  X(kProfileVolumeByName, "a profile's volume is named after its name, not its uid")              \
  X(kGcOldPicture, "garbage is removed by one list of owners that is older than the engine's")    \
  X(kGcOwnerByName, "a container counts as owned if any session has its session's name")          \
  X(kGcKeptDataRemoved, "the kept volume of a deleted profile is removed as garbage")             \
  X(kGcPortsBeforeContainer, "what a gone session's container still uses is given to others")     \
  X(kGcForgetsSecrets, "a gone session's Secret stays for ever")                                  \
  X(kGcNeverSecondLook, "garbage always counts as seen for the first time")                       \
  X(kReaddInHandLost, "a key that is added while it is worked on is lost")                        \
  X(kDelayInHandLost, "a key that is delayed while it is worked on is lost")                      \
  X(kErrorNotRequeued, "a key whose reconcile failed is not tried again")                         \
  X(kInformerKeepsDeleted, "the informer ignores DELETED events")                                 \
  X(kClaimStolen, "a claim goes to whoever asks last, and no guard notices")                      \
  X(kStoreLostUpdate, "the store ignores the version that a write was planned on")                \
  X(kReplayOffByOne, "a new watcher misses the first event after its version")                    \
  X(kListAtHalfUndone, "a list at an old version undoes only the newest change of an object")     \
  X(kNotSettled, "a reopened database is built on before it is safe on disk")                     \
  X(kJournalNotFlushed, "a new database's rollback journal may come back after a power loss")     \
  X(kWalSwitchUnchecked, "a database that could not turn to its write-ahead log is used anyway")  \
  X(kNoFsync, "commits are answered without waiting for the disk")                                \
  X(kFailedWriteAccepted, "a commit that the disk refused is published and answered as done")     \
  X(kVersionReused, "the version of a deletion is given out again after a restart")               \
  X(kDeletedNotLogged, "deletions are missing in the log on disk")                                \
  X(kLogTrimmedTooEarly, "the log on disk is trimmed of what the history still holds")            \
  X(kStaleUpdateAccepted, "an update with an old resourceVersion is accepted")                    \
  X(kGenerationNotBumped, "a change of the spec leaves the generation as it was")                 \
  X(kStatusLostOnUpdate, "an update of the spec removes the status")                              \
  X(kStatusWriteTakesSpec, "a write to the status subresource changes the spec too")              \
  X(kFinalizersIgnored, "deletion removes an object that has finalizers at once")                 \
  X(kUidPreconditionIgnored, "deletion ignores the uid that the caller demands")                  \
  X(kContinueAtNewest, "later pages of a list come from a newer version than the first")          \
  X(kWatchStartsLate, "a watch misses the version after the one it asked for")                    \
  X(kLeavingNotTold, "a watch is not told that an object left its selection")                     \
  X(kBookmarkTooFar, "a bookmark promises a version whose events were not delivered yet")         \
  X(kDrainIgnored, "sessions stay on a node that is to be emptied at once")                       \
  X(kUnknownIsLost, "a node that does not answer for a moment counts as lost")                    \
  X(kStrandedKept, "a container stays where its session was, on a node that came back")           \
  X(kQueueNotTold, "a session that waits for room does not say so")                               \
  X(kPulledTwice, "an image is pulled again while its pull runs")                                 \
  X(kNodeLeftEarly, "a node that is deleted goes before what runs there")                         \
  X(kMostLostIsLost, "nodes count as lost although most of them are silent")

#define NEKO_MUTANT_ENUMERATOR(name, what) name,
enum class Mutant { kNone, NEKO_MUTANT_LIST(NEKO_MUTANT_ENUMERATOR) };
#undef NEKO_MUTANT_ENUMERATOR

#ifdef NEKO_MUTANTS
inline Mutant active_mutant = Mutant::kNone;
#define NEKO_MUTANT(name) (::nekoplane::active_mutant == ::nekoplane::Mutant::name)
#else
#define NEKO_MUTANT(name) false
#endif

}  // namespace nekoplane
