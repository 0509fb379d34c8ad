#include "api/taos/cluster/cluster_api.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/auth/digest.h"
#include "api/codec/json_codec.h"
#include "api/codec/json_parse.h"
#include "api/registry/base64.h"
#include "api/taos/cluster/node_use.h"
#include "api/taos/cluster/pairing.h"
#include "api/taos/cluster/worker_auth.h"
#include "api/taos/cluster/worker_nodes.h"
#include "api/taos/replies.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::taos {
namespace {

using registry::WriteReply;
using v1alpha1::BrowserNode;
using v1alpha1::Secret;

using Request = std::shared_ptr<const http::Request>;
using Responder = std::shared_ptr<http::Responder>;

constexpr char kSystem[] = "nekoplane-system";
constexpr std::string_view kBase = "/api/cluster/";
constexpr std::string_view kWorker = "/api/cluster/workers/";
constexpr std::size_t kMostBody = 256 * 1024, kMostText = 512;

void Reply(const Responder& responder, int status, const Json& body) {
  responder->Send(JsonReply(status, body));
}

void Fail(const Responder& responder, int status, std::string_view error) {
  responder->Send(ErrorReply(status, error));
}

// null if it is no JSON object of a sane size.
nlohmann::json BodyOf(const http::Request& request) {
  auto body = codec::ParseJson(request.body, {.max_bytes = kMostBody});
  return body && body->is_object() ? *std::move(body) : nlohmann::json();
}

// Printable and of a sane length; else "".
std::string Text(const nlohmann::json& body, const char* key) {
  if (!body.is_object()) return "";
  const auto it = body.find(key);
  if (it == body.end() || !it->is_string()) return "";
  std::string text = it->get<std::string>();
  const bool bad = text.size() > kMostText || std::any_of(text.begin(), text.end(), [](char c) {
                     return (c >= 0 && c < 0x20) || c == 0x7f;
                   });
  return bad ? "" : text;
}

bool IsHash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

double Unix(WallTime t) { return std::chrono::duration<double>(t.time_since_epoch()).count(); }

Json Row(const HeardWorker& worker, MonoTime now) {
  const WorkerInfo& info = worker.info;
  const auto said = [&](const char* key, Json fallback) {
    const auto it = info.said.find(key);
    return it == info.said.end() ? std::move(fallback) : Json(*it);
  };
  return {{"name", info.name},
          {"url", info.url},
          {"hardware", said("hardware", Json::object())},
          {"backends", said("backends", Json::array())},
          {"models", said("models", Json::array())},
          {"capabilities", said("capabilities", Json::array())},
          {"status", now - worker.at > WorkerBook::kSilentAfter ? "offline" : info.status},
          {"last_heartbeat", Unix(worker.wall)},
          {"registered_at", Unix(worker.registered)},
          {"load", info.load},
          {"platform", info.platform},
          {"host_lan_ip", info.host_lan_ip},
          {"tier_id", nullptr},
          {"potential_capabilities", Json::array()}};
}

}  // namespace

class ClusterApi::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(ClusterDeps deps) : deps_(std::move(deps)) {}

  void Handle(const Request& request, const Responder& responder) {
    const std::string& path = request->path;
    const std::string& method = request->method;
    const auto is = [&](std::string_view m, std::string_view p) {
      return method == m && path == p;
    };
    if (is("POST", "/api/cluster/heartbeat")) return Heartbeat(*request, responder);
    if (is("POST", "/api/cluster/workers")) return Register(*request, responder);
    if (is("GET", "/api/cluster/workers")) return ListWorkers(responder);
    if (is("POST", "/api/cluster/pairing/announce")) return Announce(*request, responder);
    if (is("POST", "/api/cluster/pairing/claim")) return Claim(*request, responder);
    const bool remove = method == "DELETE" && path.starts_with(kWorker) &&
                        path.size() > kWorker.size() &&
                        path.find('/', kWorker.size()) == std::string::npos;
    const bool pending = is("GET", "/api/cluster/pairing/pending");
    const bool confirm = is("POST", "/api/cluster/pairing/confirm");
    if (!remove && !pending && !confirm) return Fail(responder, 404, "not_found");
    if (const auto admin = CheckAdmin(*request); !admin) {
      return responder->Send(CallerErrorReply(admin.error()));
    }
    if (pending) return Pending(responder);
    if (confirm) return Confirm(*request, responder);
    Remove(path.substr(kWorker.size()), responder);
  }

 private:
  Result<void> CheckAdmin(const http::Request& request) const {
    NEKO_TRY(const bool is_single_user, IsSingleUser(request, deps_.single_user));
    if (is_single_user) return {};
    NEKO_TRY(const Identity identity, deps_.authenticator.Authenticate(request));
    if (identity.may_impersonate) return {};
    return MakeStatus(Code::kForbidden, "NotAdmin",
                      "only a token of role admin or wrapper may manage workers");
  }

  // ---- Pairing.

  void Announce(const http::Request& request, const Responder& responder) {
    const auto body = BodyOf(request);
    Announcement said{.name = Text(body, "name"),
                      .url = Text(body, "url"),
                      .platform = Text(body, "platform"),
                      .code_hash = Text(body, "code_hash"),
                      .at = clock().WallNow()};
    if (said.name.empty() || said.url.empty() || !IsHash(said.code_hash)) {
      return Fail(responder, 400, "name, url and code_hash are required");
    }
    deps_.log.Info("a worker asks to be paired", {{"worker", said.name}, {"url", said.url}});
    pairings_.Announce(std::move(said), clock().Now());
    Reply(responder, 200, {{"status", "pending"}});
  }

  void Pending(const Responder& responder) const {
    Json rows = Json::array();
    for (const Announcement& said : pairings_.Pending(clock().Now())) {
      rows.push_back({{"name", said.name},
                      {"url", said.url},
                      {"platform", said.platform},
                      {"announced_at", Unix(said.at)}});
    }
    Reply(responder, 200, rows);
  }

  void Confirm(const http::Request& request, const Responder& responder) {
    const auto body = BodyOf(request);
    std::string key(kSigningKeyBytes, '\0');
    deps_.registry.random().Fill({reinterpret_cast<unsigned char*>(key.data()), key.size()});
    const auto answer =
        pairings_.Confirm(Text(body, "name"), Text(body, "code"), std::move(key), clock().Now());
    if (answer == PairingBook::Answer::kOk) {
      return Reply(responder, 200, {{"status", "confirmed"}});
    }
    Refuse(answer, responder);
  }

  // The key is given away only after it is stored.
  void Claim(const http::Request& request, const Responder& responder) {
    const auto body = BodyOf(request);
    const std::string name = Text(body, "name"), code = Text(body, "code");
    std::string key;
    const auto answer = pairings_.Claim(name, code, clock().Now(), &key);
    if (answer != PairingBook::Answer::kOk) return Refuse(answer, responder);
    StoreKey(
        name, key,
        [self = shared_from_this(), name, code, key, responder](const Result<WriteReply>& stored) {
          if (stored) {
            self->deps_.log.Info("a worker is paired", {{"worker", name}});
            return Reply(responder, 200, {{"signing_key", auth::HexOf(key)}});
          }
          self->pairings_.Unclaim(name, code, key, self->clock().Now());
          responder->Send(WriteErrorReply(stored.error()));
        });
  }

  static void Refuse(PairingBook::Answer answer, const Responder& responder) {
    switch (answer) {
      case PairingBook::Answer::kAwaiting:
        return Reply(responder, 202, {{"status", "awaiting_confirm"}});
      case PairingBook::Answer::kWrongCode:
        return Fail(responder, 403, "wrong code");
      case PairingBook::Answer::kExpired:
        return Fail(responder, 410, "pairing expired");
      default:
        return Fail(responder, 404, "no pairing pending");
    }
  }

  void StoreKey(const std::string& worker, const std::string& key, registry::Registry::Done done) {
    Secret secret;
    secret.metadata.namespace_ = kSystem;
    secret.metadata.name = SigningSecretName(NodeNameOf(worker));
    secret.metadata.annotations[kAnnotationWorker] = worker;
    secret.type = "nekoplane.dev/worker-signing-key";
    secret.data[kSigningKey] = registry::Base64Encode(key);
    if (deps_.registry.Get(KindOf<Secret>(), kSystem, secret.metadata.name)) {
      deps_.registry.Patch(KindOf<Secret>(), kSystem, secret.metadata.name,
                           registry::PatchType::kMerge, {{"data", secret.data}},
                           registry::Subresource::kNone, {}, std::move(done));
    } else {
      deps_.registry.Create(KindOf<Secret>(), kSystem, codec::Encode(secret), {}, std::move(done));
    }
  }

  // ---- Signed calls.

  std::string KeyOf(std::string_view worker) const {
    if (worker.empty()) return "";
    const auto secret = Load<Secret>(kSystem, SigningSecretName(NodeNameOf(worker)));
    if (!secret) return "";
    const auto whose = secret->metadata.annotations.find(kAnnotationWorker);
    const auto data = secret->data.find(kSigningKey);
    if (whose == secret->metadata.annotations.end() || whose->second != worker ||
        data == secret->data.end()) {
      return "";
    }
    return registry::Base64Decode(data->second).value_or("");
  }

  // The body, or nothing: answered already.
  std::optional<nlohmann::json> Signed(const http::Request& request, const Responder& responder) {
    const std::string_view worker = request.header("X-TAOS-Worker-Name");
    const auto ok = CheckWorkerSignature(request, KeyOf(worker), clock().WallNow());
    if (!ok) {
      Reply(responder, 401, {{"error", ok.error().message}, {"code", ok.error().reason}});
      return std::nullopt;
    }
    auto body = BodyOf(request);
    const std::string name = Text(body, "name");
    if (name.empty()) {
      Fail(responder, 400, "name is required");
      return std::nullopt;
    }
    if (name != worker) {
      Fail(responder, 403, "the name is not that of the signature");
      return std::nullopt;
    }
    return body;
  }

  void Heartbeat(const http::Request& request, const Responder& responder) {
    const auto body = Signed(request, responder);
    if (!body) return;
    const std::string name = Text(*body, "name");
    const std::string node = NodeNameOf(name);
    const bool has_node = deps_.registry.store().Get({BrowserNode::kResource, "", node}) != nullptr;
    // Nodes are made and changed by registrations; a worker that is told 404 registers again.
    const auto news =
        deps_.workers.Heartbeat(name, clock().Now(), clock().WallNow(), [&](WorkerInfo& worker) {
          const bool offered = worker.browsers, moved = Moved(*body, worker);
          TakeHeartbeat(*body, worker);
          return !moved && (offered || !worker.browsers || has_node);
        });
    if (!news) return Fail(responder, 404, "Worker not registered");
    if (*news) Changed(node);
    Reply(responder, 200, {{"status", "ok"}});
  }

  void Register(const http::Request& request, const Responder& responder) {
    const auto body = Signed(request, responder);
    if (!body) return;
    auto worker = ParseWorker(*body);
    if (!worker) return Fail(responder, 400, worker.error().message);
    const std::string holder = deps_.workers.HolderOf(worker->host_lan_ip, worker->name);
    if (!holder.empty()) {
      return Fail(
          responder, 409,
          "worker " + holder + " is registered already with host_lan_ip " + worker->host_lan_ip);
    }
    if (!worker->browsers) return Registered(*worker, responder);
    const auto wanted = NodeFor(*worker, "");
    if (!wanted) return Fail(responder, 400, wanted.error().message);
    MakeNode(*worker, *wanted, responder);
  }

  void MakeNode(const WorkerInfo& worker, const BrowserNode& wanted, const Responder& responder) {
    const auto done = [self = shared_from_this(), worker,
                       responder](const Result<WriteReply>& written) {
      if (!written) return responder->Send(WriteErrorReply(written.error()));
      self->Registered(worker, responder);
    };
    const std::string& name = wanted.metadata.name;
    const auto stored = Load<BrowserNode>("", name);
    if (!stored) {
      return deps_.registry.Create(KindOf<BrowserNode>(), "", codec::Encode(wanted), {}, done);
    }
    const NodeFit fit = FitOf(*stored, wanted);
    if (fit == NodeFit::kForeign) {
      return Fail(responder, 409, "there is a BrowserNode \"" + name + "\" of another kind");
    }
    const auto patch = fit == NodeFit::kOurs ? PatchFor(*stored, wanted) : std::nullopt;
    if (!patch) return Registered(worker, responder);
    deps_.registry.Patch(KindOf<BrowserNode>(), "", name, registry::PatchType::kMerge, *patch,
                         registry::Subresource::kNone, {}, done);
  }

  void Registered(const WorkerInfo& worker, const Responder& responder) {
    const std::string node = NodeNameOf(worker.name);
    if (deps_.workers.Put(worker, node, "", clock().Now(), clock().WallNow())) Changed(node);
    Reply(responder, 200, {{"status", "registered"}, {"name", worker.name}});
  }

  // ---- The rest.

  void ListWorkers(const Responder& responder) const {
    Json rows = Json::array();
    for (const HeardWorker& worker : deps_.workers.List("")) {
      rows.push_back(Row(worker, clock().Now()));
    }
    Reply(responder, 200, rows);
  }

  // Takes its key and its node, but never a node that sessions are on: that one is not Ready any
  // more, and goes when somebody deletes it.
  void Remove(const std::string& worker, const Responder& responder) {
    const std::string name = NodeNameOf(worker);
    const bool heard = deps_.workers.Remove("", worker);
    const bool paired = !KeyOf(worker).empty();
    if (!heard && !paired) return Fail(responder, 404, "Worker not found");
    const auto node = Load<BrowserNode>("", name);
    const auto owner = node ? node->metadata.annotations.find(kAnnotationWorker)
                            : v1alpha1::StringMap::const_iterator();
    const bool ours = node && node->metadata.labels.contains(kLabelRegistered) &&
                      owner != node->metadata.annotations.end() && owner->second == worker;
    if (ours && !InUse(deps_.registry.store(), name)) DropNode(*node);
    Changed(name);
    if (!paired) return Reply(responder, 200, {{"status", "removed"}});
    deps_.registry.Delete(KindOf<Secret>(), kSystem, SigningSecretName(name), {},
                          [responder](const Result<WriteReply>& deleted) {
                            if (!deleted && !deleted.is(Code::kNotFound)) {
                              return responder->Send(WriteErrorReply(deleted.error()));
                            }
                            Reply(responder, 200, {{"status", "removed"}});
                          });
  }

  void DropNode(const BrowserNode& node) {
    registry::DeleteOptions options;
    options.uid = node.metadata.uid;
    deps_.registry.Delete(
        KindOf<BrowserNode>(), "", node.metadata.name, options,
        [self = shared_from_this(), name = node.metadata.name](const Result<WriteReply>& deleted) {
          if (deleted || deleted.is(Code::kNotFound)) return;
          self->deps_.log.Warning("the node of a removed worker stays",
                                  {{"node", name}, {"error", deleted.error().ToString()}});
        });
  }

  void Changed(const std::string& node) const {
    if (deps_.changed) deps_.changed(node);
  }

  template <class T>
  const codec::Kind& KindOf() const {
    return *deps_.registry.kinds().FindByResource(T::kResource);
  }

  template <class T>
  std::optional<T> Load(const std::string& ns, const std::string& name) const {
    const auto object = deps_.registry.store().Get({T::kResource, ns, name});
    if (object == nullptr) return std::nullopt;
    auto decoded = codec::Decode<T>(std::string_view(object->bytes));
    if (!decoded) return std::nullopt;
    return *std::move(decoded);
  }

  const Clock& clock() const { return deps_.registry.clock(); }

  const ClusterDeps deps_;
  PairingBook pairings_;
};

ClusterApi::ClusterApi(ClusterDeps deps) : core_(std::make_shared<Core>(std::move(deps))) {}

ClusterApi::~ClusterApi() = default;

bool ClusterApi::Serves(std::string_view path) { return path.starts_with(kBase); }

void ClusterApi::Handle(std::shared_ptr<const http::Request> request,
                        std::shared_ptr<http::Responder> responder) {
  core_->Handle(request, responder);
}

}  // namespace nekoplane::taos
