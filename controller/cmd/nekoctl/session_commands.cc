#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "api/registry/base64.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/cmd/nekoctl/commands.h"
#include "controller/cmd/nekoctl/explanation_printer.h"

namespace nekoplane::ctl {

using nlohmann::json;
using v1alpha1::BrowserSession;

namespace {

const codec::Kind& SessionKind(Env& env) {
  return *env.kinds.FindKind(v1alpha1::kApiVersion, BrowserSession::kKind);
}

Result<std::string> NameOf(Env& env, const std::string& session) {
  return ResolveName(env.kinds, SessionKind(env), session);
}

}  // namespace

Result<void> Logs(Env& env, const std::string& session, int tail) {
  NEKO_TRY(const std::string name, NameOf(env, session));
  NEKO_TRY(const std::string text,
           env.api.GetText(ApiClient::PathOf(SessionKind(env), env.ns, name) +
                           "/log?tailLines=" + std::to_string(tail)));
  std::cout << text << std::flush;
  return {};
}

Result<void> Why(Env& env, const std::string& session, const std::string& output) {
  if (!output.empty() && output != "json") {
    return MakeStatus(Code::kInvalid, "InvalidOutput", "-o takes json, not \"" + output + "\"");
  }
  NEKO_TRY(const std::string name, NameOf(env, session));
  const std::string path = ApiClient::PathOf(SessionKind(env), env.ns, name);
  NEKO_TRY(const json object, env.api.Get(path));
  NEKO_TRY(const json answer, env.api.Get(path + "/why"));
  if (output == "json") {
    std::cout << answer.dump(2) << std::endl;
    return {};
  }
  std::cout << "Session:  " << name << " (" << object.value("/status/phase"_json_pointer, "Pending")
            << ")\n";
  const auto conditions = json::json_pointer("/status/conditions");
  if (object.contains(conditions)) {
    for (const json& c : object.at(conditions)) {
      std::cout << "  " << std::left << std::setw(13) << c.value("type", "") << std::setw(8)
                << c.value("status", "") << std::setw(20) << c.value("reason", "")
                << c.value("message", "") << '\n';
    }
  }
  const std::string where = object.value("/status/nodeName"_json_pointer, "");
  std::cout << "Placement, policy " << answer.value("policy", "")
            << (where.empty() ? ":" : " (it runs on " + where + "; placing it anew would give):")
            << '\n';
  PrintExplanation(std::cout, answer);
  return {};
}

Result<void> Url(Env& env, const std::string& session, bool admin) {
  NEKO_TRY(const std::string name, NameOf(env, session));
  NEKO_TRY(const json object, env.api.Get(ApiClient::PathOf(SessionKind(env), env.ns, name)));
  const std::string base = object.value("/status/endpoints/neko"_json_pointer, "");
  if (base.empty()) {
    return MakeStatus(Code::kUnavailable, "NotReady",
                      name + " has no address yet; see `nekoctl why " + name + "`");
  }
  const codec::Kind& secrets = *env.kinds.FindKind("v1", "Secret");
  NEKO_TRY(const json secret,
           env.api.Get(ApiClient::PathOf(secrets, env.ns,
                                         "bs-" + object.value("/metadata/uid"_json_pointer, ""))));
  const auto password = registry::Base64Decode(
      secret.value(json::json_pointer("/data") / (admin ? "admin-password" : "user-password"), ""));
  if (!password || password->empty()) {
    return MakeStatus(Code::kUnavailable, "NoPassword", "the session's secret has no password");
  }
  std::cout << base << "?usr=" << (admin ? "admin" : "neko") << "&pwd=" << QueryEscape(*password)
            << std::endl;
  return {};
}

Result<void> Gc(Env& env, bool dry_run) {
  NEKO_TRY(const json answer, env.api.Send("POST",
                                           std::string("/apis/") + v1alpha1::kApiVersion + "/gc" +
                                               (dry_run ? "?dryRun=All" : ""),
                                           json::object()));
  const json items = answer.value("items", json::array());
  if (items.empty()) {
    std::cout << "nothing to remove\n";
    return {};
  }
  std::cout << std::left << std::setw(16) << "NODE" << std::setw(11) << "KIND" << std::setw(56)
            << "NAME"
            << "REASON\n";
  for (const json& item : items) {
    std::cout << std::setw(16) << item.value("node", "") << std::setw(11) << item.value("kind", "")
              << std::setw(56) << item.value("name", "") << item.value("reason", "") << '\n';
  }
  std::cout << (dry_run ? "(dry run: nothing was removed)" : "(removed)") << std::endl;
  return {};
}

}  // namespace nekoplane::ctl
