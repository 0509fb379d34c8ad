// FakeEngine: a Docker Engine behind the http::Client interface, in memory, for what a real one
// cannot be made to do: fail at exactly the n-th call, lose a reply after the deed, lie, cut a
// stream.
//
// It keeps Docker's rules as far as the driver can notice them. Faults meet every call alike, the
// ping included.
//
// Thread safety: any thread may call.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/mutex.h"
#include "api/http/client.h"

namespace nekoplane::testing {

class FakeEngine final : public http::Client {
 public:
  enum class Fault {
    kNone,
    kRefused,      // nobody listens: nothing happened
    kTimeout,      // nothing happened, nobody knows
    kLostReply,    // it happened, nobody knows
    kServerError,  // 500 with a text that nobody knows
    kNotJson,      // 200 and rubbish
    kTruncated,    // the right reply, cut in the middle
    kWrongTypes,   // the right members, all of other types
    kEmptyBody,
    kHugeReply,  // more than anybody asked for
    kRedirect,
  };
  static const std::vector<Fault>& AllFaults();  // all but kNone
  static std::string_view FaultName(Fault fault);

  struct Container {
    std::string id, name, config;  // config: the body of the create call
    std::string status = "created";
    int exit_code = 0;
    int starts = 0;
    std::vector<std::string> archives;
  };

  FakeEngine();
  ~FakeEngine() override;

  Result<http::ClientResponse> Do(const Context& ctx, const http::ClientRequest& request) override;
  Result<http::ClientResponse> Stream(
      const Context& ctx, const http::ClientRequest& request,
      const std::function<bool(std::string_view)>& on_data) override;

  // The fault of call `number` (from 1). Called without a mutex held.
  using Plan = std::function<Fault(std::uint64_t number, const http::ClientRequest& request)>;
  void SetPlan(Plan plan);
  std::uint64_t calls() const;
  std::vector<std::string> log() const;  // "POST /containers/create", without version and query

  void SetApiVersion(std::string version);           // what /_ping says
  void RefuseApiVersionsAbove(std::string version);  // 400, as after a downgrade
  void AddImage(const std::string& image);
  void SetStartError(int status, std::string message);  // of every start; "" = none
  void SetCreateError(int status, std::string message);
  void SetPullStream(std::string lines, std::string image_that_comes);
  void SetLogs(std::string raw);
  // As Docker 20.10 after its own restart: a create of an existing volume answers without labels.
  void ForgetVolumeLabelsAtCreate();
  void PutContainer(Container container);
  void PutVolume(const std::string& name, const std::map<std::string, std::string>& labels);
  bool Kill(const std::string& name, int exit_code);
  bool Remove(const std::string& name);
  std::map<std::string, Container> containers() const;  // by name
  std::set<std::string> volumes() const;

  // The event stream: to everyone who listens, and (as engines do) to those who come later.
  void Emit(const std::string& raw);
  void CutStreams();  // and forgets what was emitted before
  int listeners() const;

 private:
  struct State;

  Fault Enter(const http::ClientRequest& request) EXCLUDES(mu_);
  http::ClientResponse Answer(const http::ClientRequest& request) EXCLUDES(mu_);

  mutable Mutex mu_;
  CondVar changed_;
  std::unique_ptr<State> state_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::testing
