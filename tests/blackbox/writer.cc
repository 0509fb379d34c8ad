#include "tests/blackbox/writer.h"

#include <utility>

namespace nekoplane::blackbox {
namespace {

using nlohmann::json;

constexpr int kNames = 4;
constexpr char kJson[] = "application/json";
constexpr char kMergePatch[] = "application/merge-patch+json";

std::uint64_t VersionOf(const json& object) {
  return std::stoull(object.at("metadata").at("resourceVersion").get<std::string>());
}

}  // namespace

Writer::Writer(std::uint64_t seed, Recorder& recorder) : random_(seed), recorder_(recorder) {}

void Writer::Begin(const Endpoint& endpoint) {
  thread_ = std::jthread([this, endpoint](std::stop_token stop) {
    Api api(endpoint);
    // No answer: the process is dead, and who killed it will say so.
    while (!stop.stop_requested() && WriteOnce(api)) {
    }
  });
}

void Writer::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool Writer::WriteOnce(Api& api) {
  // Sessions and namespaces less often: they bring Events and second thoughts along.
  static const std::vector<const Kind*> kKinds = WrittenKinds();
  static constexpr int kWeights[] = {0, 0, 0, 1, 1, 2, 2, 2, 3, 4};
  const Kind& kind =
      *kKinds[static_cast<std::size_t>(kWeights[random_.Below(std::size(kWeights))])];
  // Half of all writes go to the first object of their kind.
  const std::string name =
      "bb-" + std::to_string(random_.Below(2) == 0 ? 0 : random_.Below(kNames));
  const std::uint64_t dice = random_.Below(100);
  if (dice < 18) return Create(api, kind, name);
  if (dice < 43) return Update(api, kind, name, false);
  if (dice < 55) return Update(api, kind, name, true);
  if (dice < 72) return Patch(api, kind, name, false);
  if (dice < 84) return Patch(api, kind, name, true);
  if (dice < 90) return PatchStatus(api, kind, name);
  if (dice < 96) return Delete(api, kind, name, false);
  return Delete(api, kind, name, true);
}

bool Writer::Create(Api& api, const Kind& kind, const std::string& name) {
  Write write{.op = Write::Op::kCreate, .key = KeyOf(kind, name), .mark = recorder_.NewMark()};
  const json object = NewObject(kind, name, write.mark);
  return Send(api, std::move(write), kind, "POST", CollectionPath(kind), object, kJson);
}

// From memory: likely to be stale, which has to be noticed.
bool Writer::Update(Api& api, const Kind& kind, const std::string& name, bool from_memory) {
  json object = from_memory ? seen_[KeyOf(kind, name)] : Get(api, kind, name);
  if (object.is_null()) return true;
  Write write{.op = Write::Op::kUpdate,
              .key = KeyOf(kind, name),
              .mark = recorder_.NewMark(),
              .expected = VersionOf(object)};
  SetMark(kind, object, write.mark);
  return Send(api, std::move(write), kind, "PUT", ObjectPath(kind, name), object, kJson);
}

bool Writer::Patch(Api& api, const Kind& kind, const std::string& name, bool locked) {
  Write write{.op = Write::Op::kPatch, .key = KeyOf(kind, name), .mark = recorder_.NewMark()};
  json patch = json::object();
  SetMark(kind, patch, write.mark);
  if (locked) {
    const json object = Get(api, kind, name);
    if (object.is_null()) return true;
    write.expected = VersionOf(object);
    patch["metadata"]["resourceVersion"] = std::to_string(*write.expected);
  }
  return Send(api, std::move(write), kind, "PATCH", ObjectPath(kind, name), patch, kMergePatch);
}

bool Writer::PatchStatus(Api& api, const Kind& kind, const std::string& name) {
  if (!kind.has_status) return Patch(api, kind, name, false);
  const std::uint64_t number = recorder_.NewStatusMark();
  return Send(api,
              {.op = Write::Op::kStatus, .key = KeyOf(kind, name), .mark = std::to_string(number)},
              kind, "PATCH", ObjectPath(kind, name) + "/status",
              {{"status", {{"sizeBytes", number}}}}, kMergePatch);
}

bool Writer::Delete(Api& api, const Kind& kind, const std::string& name, bool locked) {
  Write write{.op = Write::Op::kDelete, .key = KeyOf(kind, name)};
  json options = nullptr;
  if (locked) {
    const json object = Get(api, kind, name);
    if (object.is_null()) return true;
    write.expected = VersionOf(object);
    options = {{"kind", "DeleteOptions"},
               {"apiVersion", "v1"},
               {"preconditions", {{"resourceVersion", std::to_string(*write.expected)}}}};
  }
  return Send(api, std::move(write), kind, "DELETE", ObjectPath(kind, name), options, kJson);
}

json Writer::Get(Api& api, const Kind& kind, const std::string& name) {
  json object = api.Get(kind, name, recorder_);
  if (!object.is_null()) seen_[KeyOf(kind, name)] = object;
  return object;
}

bool Writer::Send(Api& api, Write write, const Kind& kind, const std::string& method,
                  const std::string& path, const json& body, const char* content_type) {
  write.invoked = recorder_.Now();
  const Answer answer = api.Call(method, path, body, content_type);
  write.answered = recorder_.Now();
  if (answer.ok()) {
    write.result = Write::Result::kAcknowledged;
    if (answer.body.value("kind", "") == "Status") {
      write.uid = answer.body.at("details").value("uid", "");
    } else {
      write.state = StateOf(kind, answer.body);
      seen_[write.key] = answer.body;
    }
  } else if (answer.status == 404 || answer.status == 409) {
    write.result = Write::Result::kRefused;
  } else if (answer.status != 0 || answer.late) {
    recorder_.Complain(method + " " + path + " was answered " + std::to_string(answer.status) +
                       " " + answer.body.dump());
  }
  recorder_.Add(std::move(write));
  return answer.status != 0;
}

}  // namespace nekoplane::blackbox
