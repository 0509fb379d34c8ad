#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/call.h"
#include "api/server/errors.h"

namespace nekoplane::server {
namespace {

struct Line {
  std::string name;
  Result<void> result;
};

bool Excluded(const http::Request& request, const std::string& name) {
  for (const auto& [key, value] : request.query) {
    if (key == "exclude" && value == name) return true;
  }
  return false;
}

// The checks behind "livez", "readyz/store": alive is who answers at all, ready needs more.
std::vector<Line> Run(const CallPtr& call, const std::string& endpoint, const std::string& only) {
  const Core& core = call->core();
  std::vector<Line> lines;
  const auto run = [&](const std::string& name, const auto& check) {
    if (!only.empty() && name != only) return;
    if (only.empty() && Excluded(call->request(), name)) return;
    lines.push_back({name, check()});
  };
  run("ping", [] { return Result<void>(); });
  if (endpoint != "livez") {
    for (const HealthCheck& check : core.deps.readiness) run(check.name, check.check);
  }
  if (endpoint == "readyz") {
    run("shutdown", [&core]() -> Result<void> {
      if (!core.stopping) return {};
      return MakeStatus(Code::kUnavailable, "ShuttingDown", "process is shutting down");
    });
  }
  return lines;
}

}  // namespace

void HandleHealth(const CallPtr& call) {
  const std::string& rest = call->route.rest;
  const std::size_t slash = rest.find('/');
  const std::string endpoint = rest.substr(0, slash);
  const std::string only = slash == std::string::npos ? "" : rest.substr(slash + 1);
  const std::vector<Line> lines = Run(call, endpoint, only);
  if (!only.empty() && lines.empty()) return call->Fail(UnknownPathError());
  std::string text;
  bool healthy = true;
  for (const Line& line : lines) {
    // What is wrong is for the log and for those who may read it there; the public learns that it
    // is.
    text += (line.result ? "[+]" : "[-]") + line.name;
    text += line.result ? " ok\n" : " failed: reason withheld\n";
    if (line.result) continue;
    healthy = false;
    call->core().deps.log.Warning(
        "health check failed",
        {{"endpoint", endpoint}, {"check", line.name}, {"error", line.result.error().ToString()}});
  }
  if (!healthy) return call->Send(TextResponse(500, text + endpoint + " check failed\n"));
  if (FlagParam(call->request(), "verbose")) {
    return call->Send(TextResponse(200, text + endpoint + " check passed\n"));
  }
  call->Send(TextResponse(200, "ok"));
}

void HandleVersion(const CallPtr& call) {
  const Version& version = call->core().deps.version;
  nlohmann::ordered_json out;
  // kubectl compares its minor version with ours and warns about a difference of more than one.
  out["major"] = "1";
  out["minor"] = "31";
  out["gitVersion"] = "v1.31.0+nekoplane." + version.version;
  out["gitCommit"] = version.git_commit;
  out["gitTreeState"] = "clean";
  out["buildDate"] = "1970-01-01T00:00:00Z";
  out["goVersion"] = "none";
  out["compiler"] = "c++";
#if defined(__aarch64__)
  out["platform"] = "linux/arm64";
#else
  out["platform"] = "linux/amd64";
#endif
  call->Send(JsonResponse(200, out.dump(),
                          WantsPretty(call->request()) ? Encoding::kPrettyJson : Encoding::kJson));
}

}  // namespace nekoplane::server
