#include "tests/sim/chaos.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "tests/support/builders.h"

namespace nekoplane::sim {
namespace {

using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

}  // namespace

void Chaos::Prepare() {
  const Context ctx;
  NEKO_CHECK(world_.registry.Bootstrap(ctx).has_value());
  auto cls = testing::MakeClass();
  if (Chance(30)) cls.spec.variants[0].image = "example.org/must-be-pulled:1";
  NEKO_CHECK(world_.client.Create(ctx, cls).has_value());
  v1alpha1::BrowserNode node;
  node.metadata.name = v1alpha1::BrowserNode::kHost;
  node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "unix:///run/docker.sock", .tls = {}};
  node.spec.address = "192.0.2.10";
  if (Chance(30)) node.spec.capacity.memory = "5Gi";  // room for three
  NEKO_CHECK(world_.client.Create(ctx, node).has_value());
}

void Chaos::PatchSpec(const BrowserSession& session, const std::string& json) {
  const auto* kind =
      world_.registry.kinds().FindResource("nekoplane.dev", "v1alpha1", "browsersessions");
  world_.registry.Patch(*kind, session.metadata.namespace_, session.metadata.name,
                        registry::PatchType::kMerge, nlohmann::json::parse(json),
                        registry::Subresource::kNone, {}, [](const auto&) {});
}

std::vector<BrowserSession> Chaos::Sessions() const { return world_.client.List<BrowserSession>(); }

std::optional<BrowserSession> Chaos::Pick() {
  auto sessions = Sessions();
  if (sessions.empty()) return std::nullopt;
  return std::move(sessions[Below(sessions.size())]);
}

void Chaos::Create() {
  if (static_cast<int>(Sessions().size()) >= options_.max_sessions) return;
  BrowserSession session;
  session.metadata.namespace_ = "default";
  // Names come back, so that a new object meets what is left of an old one.
  session.metadata.name = "s" + std::to_string(Below(12));
  session.spec.url = "https://example.org/" + std::to_string(created_++);
  if (Chance(25)) {
    session.spec.profileRef =
        v1alpha1::LocalRef{"p" + std::to_string(Below(static_cast<unsigned>(options_.profiles)))};
  }
  if (Chance(10)) session.spec.operatingMode = v1alpha1::OperatingMode::kSuspended;
  (void)world_.client.Create(Context(), session);
}

void Chaos::Delete() {
  if (const auto session = Pick()) (void)world_.client.Delete(Context(), *session);
}

void Chaos::Edit() {
  const auto session = Pick();
  if (!session) return;
  switch (Below(3)) {
    case 0:  // needs another container
      PatchSpec(*session,
                R"({"spec":{"screen":")" + std::to_string(800 + Below(4)) + R"(x600@30"}})");
      break;
    case 1:  // does not
      PatchSpec(*session, R"({"spec":{"url":"https://example.net/"}})");
      break;
    default:
      PatchSpec(*session,
                R"({"metadata":{"labels":{"color":"c)" + std::to_string(Below(3)) + R"("}}})");
      break;
  }
}

void Chaos::ToggleMode() {
  const auto session = Pick();
  if (!session) return;
  const bool runs = session->spec.operatingMode == v1alpha1::OperatingMode::kRunning;
  PatchSpec(*session, std::string(R"({"spec":{"operatingMode":")") +
                          (runs ? "Suspended" : "Running") + R"("}})");
}

void Chaos::EditProfiles() {
  BrowserProfile profile;
  profile.metadata.namespace_ = "default";
  profile.metadata.name = "p" + std::to_string(Below(static_cast<unsigned>(options_.profiles)));
  const auto existing = world_.client.Get<BrowserProfile>("default", profile.metadata.name);
  if (!existing) {
    if (Chance(50)) profile.spec.retentionPolicy = v1alpha1::RetentionPolicy::kDelete;
    (void)world_.client.Create(Context(), profile);
  } else if (Chance(20)) {
    (void)world_.client.Delete(Context(), *existing);
  }
}

void Chaos::Accident() {
  auto& engine = world_.engine;
  const auto session = Pick();
  const std::string uid = session ? session->metadata.uid : "";
  switch (Below(11)) {
    case 0:
    case 1:
      engine.Kill(uid);
      break;
    case 2:
      engine.RemoveBehindBack(uid);
      break;
    case 3:
    case 9:
    case 10:
      engine.SetSick(uid, true);
      break;
    case 4:
      engine_down_ = !engine_down_;
      engine.SetDown(engine_down_);
      break;
    case 5: {
      const int port =
          Chance(50) ? 8800 + static_cast<int>(Below(10)) : 59000 + static_cast<int>(Below(10));
      const std::string proto = port < 59000 || Chance(50) ? "tcp" : "udp";
      if (engine.OccupyPort(proto, port)) occupied_.emplace_back(proto, port);
      break;
    }
    case 6:
      if (!occupied_.empty()) {
        engine.ReleasePort(occupied_.back().first, occupied_.back().second);
        occupied_.pop_back();
      }
      break;
    case 7:
      hints_held_ = !hints_held_;
      engine.HoldHints(hints_held_, Chance(50));
      break;
    default:
      if (Chance(20)) {
        engine.Reboot();
        engine_down_ = false;
      } else {
        world_.clock.JumpWall(Chance(50) ? std::chrono::minutes(7) : -std::chrono::minutes(3));
      }
      break;
  }
}

void Chaos::Act() {
  const auto what = Below(20);
  if (what < 6) return Create();
  if (what < 9) return Delete();
  if (what < 11) return Edit();
  if (what < 13) return ToggleMode();
  if (what < 15) return EditProfiles();
  Accident();
}

void Chaos::Calm() {
  faults = false;
  world_.engine.SetDown(false);
  world_.engine.HoldHints(false, true);
}

Fate Chaos::NextFate() {
  if (!faults) return Fate::kLive;
  const auto draw = Below(1000);
  if (draw < 20) {
    ++deaths;
    return draw % 2 == 0 ? Fate::kDieBefore : Fate::kDieAfter;
  }
  if (draw < 45) return Fate::kFail;
  if (draw < 70) return Fate::kLoseReply;
  return Fate::kLive;
}

}  // namespace nekoplane::sim
