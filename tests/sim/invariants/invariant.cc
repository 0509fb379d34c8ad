#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

const std::vector<Invariant>& AllInvariants() {
  static const auto* all = new std::vector<Invariant>{
      {"S1",
       "There is never more than one container per session, over all machines; but for what a "
       "machine that was given up still runs.",
       CheckOneContainer, true},
      {"S2", "Every port that a container of ours binds is claimed by the session it serves.",
       CheckPorts, true},
      {"S3", "Nothing is left on any machine of a session that is gone.", CheckOrphans, false},
      {"S8", "A profile's data is there for as long as its profile is, and has one writer.",
       CheckProfileData, true},
      {"S9", "No session disappears that nobody asked to delete.", CheckNoSessionLost, false},
      {"S11", "Generations only grow, and a condition's time changes only with its status.",
       CheckGenerations, false},
      {"S13", "No secret is in a status, an event or the log.", CheckSecrets, false},
      {"S14", "No image is pulled twice at once on a node.", CheckPulls, true},
      {"L1", "The machines run exactly what is declared now.", CheckMatches, false},
      {"L2", "A status is complete, about the newest generation, and true.", CheckStatusTrue,
       false},
      {"L3", "Every deletion has come to its end.", CheckDeletionsDone, false},
      {"L6", "What people took off by hand is there again.", CheckFinalizers, false},
      {"L7", "A node has the images that classes want on it, and says which.", CheckImages, false},
      {"L8", "Nobody stays on a lost machine who may leave it.", CheckLosses, false},
      {"L2", "Who is Ready has answered.", CheckReadyAnswers, true},
      {"C2", "What sessions hold on a node is never more than it has to give.", CheckRoom, true},
      {"Q1", "Who waits for room says where it stands, and the first finds none.", CheckQueue,
       false},
      {"D1", "A drain has come to its end, or says why not.", CheckDrains, false},
      {"C3", "What a node says is taken is what is claimed there.", CheckAllocated, false},
      {"C1", "Claims are held by what exists, and by nothing else.", CheckClaims, false},
  };
  return *all;
}

Wrong CheckInvariants(const View& view, bool settled) {
  Wrong wrong;
  for (const Invariant& invariant : AllInvariants()) {
    if (!invariant.always && !settled) continue;
    Wrong found;
    invariant.check(view, found);
    for (const auto& what : found) wrong.push_back(std::string(invariant.id) + ": " + what);
  }
  return wrong;
}

std::string NameOf(const v1alpha1::BrowserSession& session) {
  return session.metadata.name + " (" + session.metadata.uid.substr(0, 8) + ")";
}

std::string Describe(const v1alpha1::BrowserSession& session) {
  std::string text = NameOf(session);
  for (const auto& c : session.status.conditions) {
    text += " " + c.type + "=" + c.status + "/" + c.reason;
    if (!c.message.empty()) text += "(" + c.message + ")";
  }
  return text + " failures=" + std::to_string(session.status.failures) +
         " next=" + session.status.nextAttemptTime;
}

}  // namespace nekoplane::sim
