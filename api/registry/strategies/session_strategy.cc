// BrowserSession: what a schema cannot say about one browser.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/mutant.h"
#include "api/codec/json_codec.h"
#include "api/registry/messages.h"
#include "api/registry/strategies/checks.h"
#include "api/registry/strategy.h"

namespace nekoplane::registry {
namespace {

using v1alpha1::BrowserSession;

// The URL becomes part of a command line and of a policy file inside the container.
std::optional<std::string> UrlError(std::string_view url) {
  for (const char c : url) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u == 0x7f) {
      return "must not contain whitespace or control characters; percent-encode them";
    }
  }
  if (url == "about:blank") return std::nullopt;
  std::string scheme(url.substr(0, url.find(':')));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t skip = scheme.size() + 3;
  if ((scheme != "http" && scheme != "https") || url.substr(scheme.size(), 3) != "://") {
    return "must be about:blank or begin with http:// or https://";
  }
  const std::string_view host = url.substr(skip, url.find_first_of("/?#", skip) - skip);
  const std::size_t at = host.rfind('@');
  const std::string_view bare = at == std::string_view::npos ? host : host.substr(at + 1);
  if (bare.empty() || bare.front() == ':') return "must name a host";
  return std::nullopt;
}

// WIDTHxHEIGHT@RATE within what Neko accepts; anything else it would silently replace.
bool IsScreen(std::string_view text) {
  const auto number = [&text](std::size_t max_digits) {
    std::size_t n = 0;
    int value = 0;
    while (n < text.size() && n < max_digits && text[n] >= '0' && text[n] <= '9') {
      value = value * 10 + (text[n++] - '0');
    }
    text.remove_prefix(n);
    return value;
  };
  const auto literal = [&text](char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  };
  return number(4) > 0 && literal('x') && number(4) > 0 && literal('@') && number(3) > 0 &&
         text.empty();
}

void ValidateLifecycle(const v1alpha1::SessionLifecycle& lifecycle, Causes& causes) {
  CheckDuration("spec.lifecycle.maxPendingDuration", lifecycle.maxPendingDuration, causes);
  CheckDuration("spec.lifecycle.maxStartingDuration", lifecycle.maxStartingDuration, causes);
  CheckDuration("spec.lifecycle.maxIdleDuration", lifecycle.maxIdleDuration, causes);
  CheckDuration("spec.lifecycle.maxAge", lifecycle.maxAge, causes);
  CheckDuration("spec.lifecycle.maxSuspendedDuration", lifecycle.maxSuspendedDuration, causes);
  if (!lifecycle.shutdownTime.empty() && !ParseTime(lifecycle.shutdownTime)) {
    causes.push_back(InvalidValue("spec.lifecycle.shutdownTime", Quoted(lifecycle.shutdownTime),
                                  "must be a time as in RFC 3339, such as 2026-01-31T18:00:00Z"));
  }
  if (lifecycle.ttlSecondsAfterFinished && *lifecycle.ttlSecondsAfterFinished < 0) {
    causes.push_back(InvalidValue("spec.lifecycle.ttlSecondsAfterFinished",
                                  std::to_string(*lifecycle.ttlSecondsAfterFinished),
                                  "must be greater than or equal to 0"));
  }
}

void ValidateTransition(const BrowserSession& now, const BrowserSession& before, Causes& causes) {
  const std::string profile = now.spec.profileRef ? now.spec.profileRef->name : "";
  const std::string old_profile = before.spec.profileRef ? before.spec.profileRef->name : "";
  if (profile != old_profile) {
    causes.push_back(
        InvalidValue("spec.profileRef", Quoted(profile),
                     "field is immutable: a session keeps its profile for life; create "
                     "another session for the other profile"));
  }
  const std::string& placed = before.status.nodeName;
  const bool moves = now.spec.nodeName != before.spec.nodeName && !now.spec.nodeName.empty() &&
                     !placed.empty() && now.spec.nodeName != placed;
  if (moves) {
    causes.push_back(InvalidValue("spec.nodeName", Quoted(now.spec.nodeName),
                                  "the session is already placed on node " + Quoted(placed) +
                                      " and its profile lies there; delete the session and create "
                                      "it again to place it elsewhere"));
  }
}

class SessionStrategyImpl final : public Strategy {
 public:
  void Prepare(nlohmann::json& object, const nlohmann::json* /*old*/) const override {
    if (NEKO_MUTANT(kNoFinalizer)) return;
    KeepFinalizer(object, BrowserSession::kFinalizer);
  }

  void Validate(const nlohmann::json& object, const nlohmann::json* old,
                Causes& causes) const override {
    const auto decoded = codec::Decode<BrowserSession>(object);
    if (!decoded) return;
    const v1alpha1::BrowserSessionSpec& spec = decoded->spec;
    if (!spec.url.empty()) {
      if (auto wrong = UrlError(spec.url)) {
        causes.push_back(InvalidValue("spec.url", Quoted(spec.url), *wrong));
      }
    }
    CheckReference("spec.classRef.name", spec.classRef.name, causes);
    if (spec.profileRef) {
      if (spec.profileRef->name.empty()) {
        causes.push_back(RequiredValue("spec.profileRef.name"));
      }
      CheckReference("spec.profileRef.name", spec.profileRef->name, causes);
    }
    CheckReference("spec.nodeName", spec.nodeName, causes);
    if (!spec.screen.empty() && !IsScreen(spec.screen)) {
      causes.push_back(InvalidValue("spec.screen", Quoted(spec.screen),
                                    "must be WIDTHxHEIGHT@RATE, such as 1280x720@30"));
    }
    CheckResources("spec.resources", spec.resources, causes);
    ValidateLifecycle(spec.lifecycle, causes);
    CheckEnv("spec.env", spec.env, EnvRules::kSession, causes);
    if (old == nullptr) return;
    const auto before = codec::Decode<BrowserSession>(*old);
    if (before) ValidateTransition(*decoded, *before, causes);
  }
};

}  // namespace

const Strategy& SessionStrategy() {
  static const SessionStrategyImpl strategy;
  return strategy;
}

}  // namespace nekoplane::registry
