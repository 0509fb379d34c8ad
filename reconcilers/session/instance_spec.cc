#include "reconcilers/session/instance_spec.h"

#include <openssl/evp.h>

#include <array>
#include <utility>
#include <vector>

#include "api/base/quantity.h"
#include "api/registry/strategies/checks.h"
#include "reconcilers/session/start_page.h"

namespace nekoplane::reconcilers::session {
namespace {

constexpr std::int64_t kDefaultShmBytes = std::int64_t{2} << 30;  // Chromium shows black with less
constexpr std::int64_t kPidsLimit = 2048;

// One for all: browsers write the host's name into the lock in their profile, and refuse a profile
// that another host seems to use.
constexpr char kHostname[] = "nekoplane";

// Length-prefixed, so that no two lists of parts look alike.
class Fingerprint {
 public:
  Fingerprint& Add(std::string_view part) {
    text_ += std::to_string(part.size());
    text_ += ':';
    text_ += part;
    return *this;
  }

  std::string Hex() const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    NEKO_CHECK(
        EVP_Digest(text_.data(), text_.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
    static constexpr char kHex[] = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < size / 2; ++i) {  // 128 bits tell specs apart
      hex += kHex[digest[i] >> 4];
      hex += kHex[digest[i] & 15];
    }
    return hex;
  }

 private:
  std::string text_;
};

void AddQuantities(Fingerprint& print, const v1alpha1::StringMap& quantities) {
  print.Add(std::to_string(quantities.size()));
  for (const auto& [name, value] : quantities) print.Add(name).Add(value);
}

// The session's limit, else the class's; 0 = none.
Result<std::int64_t> Limit(const v1alpha1::ResourceRequirements& session,
                           const v1alpha1::ResourceRequirements& variant, const char* name,
                           Result<std::int64_t> (*parse)(std::string_view)) {
  for (const auto* from : {&session, &variant}) {
    const auto it = from->limits.find(name);
    if (it != from->limits.end()) return parse(it->second);
  }
  return std::int64_t{0};
}

// Every name that Neko's behaviour depends on is set, because its defaults differ between releases.
std::vector<runtime::EnvValue> OwnEnv(const Inputs& in) {
  const std::string media = std::to_string(in.session.status.ports->media);
  return {
      {"NEKO_SERVER_BIND", ":8080"},
      {"NEKO_SERVER_PROXY", "true"},
      {"NEKO_PLUGINS_ENABLED", "true"},
      {"NEKO_PLUGINS_DIR", "/etc/neko/plugins/"},
      {"NEKO_MEMBER_PROVIDER", "multiuser"},
      {"NEKO_MEMBER_MULTIUSER_USER_PASSWORD", in.secrets->user_password, true},
      {"NEKO_MEMBER_MULTIUSER_ADMIN_PASSWORD", in.secrets->admin_password, true},
      {"NEKO_SESSION_API_TOKEN", in.secrets->api_token, true},
      {"NEKO_SESSION_COOKIE_ENABLED", "false"},
      {"NEKO_SESSION_IMPLICIT_HOSTING", "true"},
      {"NEKO_WEBRTC_NAT1TO1", in.node->spec.address},
      {"NEKO_WEBRTC_UDPMUX", media},
      {"NEKO_WEBRTC_TCPMUX", media},
      {"NEKO_WEBRTC_ICELITE", "true"},
      {"NEKO_DESKTOP_SCREEN", ScreenOf(in.session)},
  };
}

std::string PublishAddress(const Inputs& in) {
  return in.node->metadata.name == v1alpha1::BrowserNode::kHost ? in.options.host_publish_address
                                                                : "";
}

// Later ones replace earlier ones of the same name.
void Merge(std::vector<runtime::EnvValue>& env, const std::vector<v1alpha1::EnvVar>& more,
           registry::EnvRules rules) {
  for (const auto& [name, value] : more) {
    // Validation refuses these; an object from before a rule must not get around it.
    if (registry::OwnedEnvReason(name, rules)) continue;
    bool replaced = false;
    for (auto& have : env) {
      if (have.name != name) continue;
      have.value = value;
      replaced = true;
    }
    if (!replaced) env.push_back({name, value});
  }
}

}  // namespace

std::string SecretName(std::string_view session_uid) { return "bs-" + std::string(session_uid); }

std::string ScreenOf(const v1alpha1::BrowserSession& session) {
  if (!session.spec.screen.empty()) return session.spec.screen;
  return session.spec.device == v1alpha1::Device::kMobile ? "800x1600@30" : "1280x720@30";
}

std::string NekoUrl(const v1alpha1::BrowserNode& node, const v1alpha1::SessionPorts& ports) {
  const bool v6 = node.spec.address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + node.spec.address + "]" : node.spec.address) + ":" +
         std::to_string(ports.http) + "/";
}

std::string SpecHash(const Inputs& in) {
  const auto& spec = in.session.spec;
  const auto& status = in.session.status;
  Fingerprint print;
  print.Add("v1").Add(spec.classRef.name).Add(ScreenOf(in.session));
  print.Add(v1alpha1::EnumName(spec.device)).Add(status.volume).Add(in.node->spec.address);
  if (const std::string publish = PublishAddress(in); !publish.empty()) print.Add(publish);
  // Ports that the machine chooses differ from start to start.
  if (CapabilitiesOf(in, status.nodeName).ports) {
    print.Add(std::to_string(status.ports->http)).Add(std::to_string(status.ports->media));
  }
  AddQuantities(print, spec.resources.requests);
  AddQuantities(print, spec.resources.limits);
  print.Add(std::to_string(spec.env.size()));
  for (const auto& [name, value] : spec.env) print.Add(name).Add(value);
  return print.Hex();
}

Result<runtime::InstanceSpec> BuildInstanceSpec(const Inputs& in) {
  const auto& session = in.session;
  const auto* variant = scheduler::MatchVariant(*in.browser_class, in.node->status.hardware);
  if (variant == nullptr) {
    return MakeStatus(Code::kInvalid, "NoVariant",
                      "BrowserClass \"" + in.browser_class->metadata.name +
                          "\" has no variant for the hardware of node " + in.node->metadata.name);
  }
  if (variant->image.empty()) {
    return MakeStatus(Code::kInvalid, "NoImage",
                      "variant \"" + variant->name + "\" of BrowserClass \"" +
                          in.browser_class->metadata.name + "\" names no image");
  }
  runtime::InstanceSpec spec;
  const auto& own = session.spec.resources;
  NEKO_TRY(spec.memory_bytes, Limit(own, variant->resources, "memory", ParseBytes));
  NEKO_TRY(spec.milli_cpu, Limit(own, variant->resources, "cpu", ParseMilliCores));
  spec.shm_bytes = kDefaultShmBytes;
  if (!variant->shmSize.empty()) {
    NEKO_TRY(spec.shm_bytes, ParseBytes(variant->shmSize));
  }
  spec.session_uid = session.metadata.uid;
  spec.session_namespace = session.metadata.namespace_;
  spec.session_name = session.metadata.name;
  spec.spec_hash = SpecHash(in);
  spec.image = variant->image;
  spec.hostname = kHostname;
  spec.env = OwnEnv(in);
  Merge(spec.env, variant->env, registry::EnvRules::kClass);
  Merge(spec.env, session.spec.env, registry::EnvRules::kSession);
  const bool files = CapabilitiesOf(in, session.status.nodeName).files;
  if (auto page = StartPageFile(in.browser_class->spec.browser, session.spec.url); page && files) {
    spec.files.push_back(*std::move(page));
  }
  spec.profile = runtime::VolumeMount{
      .volume = session.status.volume,
      .path = in.browser_class->spec.profilePath,
      .profile_uid = session.spec.profileRef && in.profile ? in.profile->metadata.uid : ""};
  spec.http_port = static_cast<int>(session.status.ports->http);
  spec.media_port = static_cast<int>(session.status.ports->media);
  spec.publish_address = PublishAddress(in);
  spec.pids = kPidsLimit;
  spec.devices = variant->devices;
  spec.gpus = variant->gpus;
  spec.mobile = session.spec.device == v1alpha1::Device::kMobile;
  spec.stop_timeout = in.options.stop_timeout;
  return spec;
}

}  // namespace nekoplane::reconcilers::session
