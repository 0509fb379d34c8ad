// What taOS's controllers and workers say: lists, registrations, heartbeats, and answers to a
// start.
#include <nlohmann/json.hpp>

#include "api/codec/json_codec.h"
#include "api/codec/json_parse.h"
#include "api/taos/cluster/worker_info.h"
#include "api/taos/cluster/worker_nodes.h"
#include "controller/runtime/taos_worker/worker_api.h"
#include "reconcilers/mirror/convert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/planning.h"
#include "tests/support/fake_clock.h"

namespace nekoplane {
namespace {

class OneReply final : public http::Client {
 public:
  OneReply(int status, std::string_view body) : status_(status), body_(body) {}

  Result<http::ClientResponse> Do(const Context&, const http::ClientRequest&) override {
    http::ClientResponse response;
    response.status = status_;
    response.body = body_;
    return response;
  }

  Result<http::ClientResponse> Stream(
      const Context& ctx, const http::ClientRequest& request,
      const std::function<bool(std::string_view)>& /*on_data*/) override {
    return Do(ctx, request);
  }

 private:
  const int status_;
  const std::string body_;
};

// Whatever a worker says of itself, the API takes the node that is made of it.
void CheckNode(const taos::WorkerInfo& worker, v1alpha1::BrowserNode node) {
  const auto& kind = *codec::KindTable::Builtin().FindByResource(v1alpha1::BrowserNode::kResource);
  NEKO_PROMISE(node.metadata.name != v1alpha1::BrowserNode::kHost);
  NEKO_PROMISE(!taos::PatchFor(node, node));
  NEKO_PROMISE(taos::FitOf(node, node) == taos::NodeFit::kOurs);
  const auto created = registry::PlanCreate(kind, "", codec::Encode(node), {}, fuzz::kBirth);
  NEKO_PROMISE(created.has_value());
  node.status.hardware = worker.hardware;
  auto object = codec::Encode(node);
  codec::ApplyDefaults(*kind.schema, object);
  NEKO_PROMISE(codec::Validate(*kind.schema, object).empty());
}

void CheckWorker(const taos::WorkerInfo& worker) {
  NEKO_PROMISE(!worker.name.empty() && worker.load >= 0 && worker.load <= 1);
  auto node = taos::NodeFor(worker, "");
  if (!node) {
    NEKO_PROMISE(fuzz::Explained(node.error()));
  } else {
    CheckNode(worker, *std::move(node));
  }
}

void CheckReply(int status, std::string_view body) {
  OneReply client(status, body);
  const testing::FakeClock clock;
  runtime::taos::WorkerApi api(client, clock, {.url = "http://192.0.2.1:7080", .token = {}});
  const auto started = api.Start({}, {.session_id = "s", .profile_volume = "v"});
  if (!started) {
    NEKO_PROMISE(fuzz::Explained(started.error()));
    // Only the worker itself can say that it did nothing.
    NEKO_PROMISE(status != 200 || started.error().code == Code::kUnavailable);
  } else {
    const auto port = [](int p) { return p >= 0 && p <= 65535; };
    NEKO_PROMISE(status == 200 && !started->container_id.empty() && !started->host.empty());
    NEKO_PROMISE(!started->user_password.empty());
    NEKO_PROMISE(started->http_port > 0 && port(started->http_port) && port(started->media_port));
  }
  const auto stopped = api.Stop({}, "c", 8800);
  NEKO_PROMISE(stopped.has_value() == (status == 200));
  if (!stopped) NEKO_PROMISE(fuzz::Explained(stopped.error()));
  const auto healthy = api.Health({}, "192.0.2.1", 8800);
  NEKO_PROMISE(!healthy || status == 200);
}

}  // namespace

NEKO_FUZZ(taos_worker) {
  const auto converted = reconcilers::mirror::Convert(input, "192.0.2.5_6969");
  if (!converted) {
    NEKO_PROMISE(converted.error().code == Code::kUnavailable &&
                 fuzz::Explained(converted.error()));
  } else {
    for (const auto& row : converted->workers) CheckNode(row.info, row.node);
    for (const auto& why : converted->skipped) NEKO_PROMISE(why.starts_with("row "));
  }
  if (const auto body = codec::ParseJson(input)) {
    auto worker = taos::ParseWorker(*body);
    if (!worker) {
      NEKO_PROMISE(fuzz::Explained(worker.error()));
      worker = taos::ParseWorker({{"name", "w"}, {"url", "http://192.0.2.1:7080"}});
      NEKO_PROMISE(worker.has_value());
    }
    CheckWorker(*worker);
    if (body->is_object()) {
      (void)taos::Moved(*body, *worker);
      taos::TakeHeartbeat(*body, *worker);
      CheckWorker(*worker);
    }
  }
  for (const int status : {200, 401, 422, 500}) CheckReply(status, input);
}

}  // namespace nekoplane
