// The conditions of a BrowserSession and their reasons. All six are present from the first status
// write on; each is owned by one step of the session reconciler.
#pragma once

namespace nekoplane::v1alpha1::session {

inline constexpr char kScheduled[] = "Scheduled";  // has a node, ports and a claim on capacity
inline constexpr char kProfileBound[] = "ProfileBound";  // has the volume to itself
inline constexpr char kStarted[] = "Started";            // the container was started
inline constexpr char kReady[] = "Ready";                // Neko answers; people can open it
inline constexpr char kHealthy[] = "Healthy";            // still answering
inline constexpr char kSuspended[] = "Suspended";        // stopped on request, profile kept

// Scheduled
inline constexpr char kReasonScheduled[] = "Scheduled";
inline constexpr char kReasonUnschedulable[] = "Unschedulable";    // message counts nodes by reason
inline constexpr char kReasonNoCapableNode[] = "NoCapableNode";    // no node could ever run it
inline constexpr char kReasonPendingTimeout[] = "PendingTimeout";  // waited for too long
inline constexpr char kReasonNodeLost[] = "NodeLost";
inline constexpr char kReasonNodeDraining[] = "NodeDraining";
inline constexpr char kReasonClassNotFound[] = "ClassNotFound";
inline constexpr char kReasonInvalidSpec[] = "InvalidSpec";
// ProfileBound
inline constexpr char kReasonBound[] = "Bound";
inline constexpr char kReasonProfileNotFound[] = "ProfileNotFound";
inline constexpr char kReasonProfileInUse[] = "ProfileInUse";
// Started
inline constexpr char kReasonStarted[] = "Started";
inline constexpr char kReasonPullingImage[] = "PullingImage";  // message carries the progress
inline constexpr char kReasonImagePullFailed[] = "ImagePullFailed";
inline constexpr char kReasonStarting[] = "Starting";
inline constexpr char kReasonStartFailed[] = "StartFailed";
inline constexpr char kReasonCrashLoopBackOff[] = "CrashLoopBackOff";
inline constexpr char kReasonRecreating[] = "Recreating";  // the spec needs a new container
inline constexpr char kReasonEngineUnavailable[] =
    "EngineUnavailable";  // nobody knows: nothing is done
// Ready, Healthy
inline constexpr char kReasonReady[] = "Ready";
inline constexpr char kReasonHealthy[] = "Healthy";
inline constexpr char kReasonNotStarted[] = "NotStarted";
inline constexpr char kReasonProbing[] = "Probing";
inline constexpr char kReasonUnhealthy[] = "Unhealthy";
inline constexpr char kReasonContainerDied[] = "ContainerDied";
inline constexpr char kReasonContainerGone[] = "ContainerGone";
inline constexpr char kReasonStartTimeout[] = "StartTimeout";
// Suspended
inline constexpr char kReasonSuspended[] = "Suspended";
inline constexpr char kReasonStopping[] = "Stopping";
inline constexpr char kReasonNotSuspended[] = "NotSuspended";
// any, while the object is being deleted
inline constexpr char kReasonTerminating[] = "Terminating";
// any, before its step was reached for the first time
inline constexpr char kReasonPending[] = "Pending";

}  // namespace nekoplane::v1alpha1::session
