// "CONTENT-TYPE", then the body of a request, as every reader of bodies sees it.
#include <nlohmann/json.hpp>
#include <variant>

#include "api/codec/json_parse.h"
#include "api/server/body.h"
#include "api/taos/create_request.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {

NEKO_FUZZ(api_body) {
  http::Request request;
  request.method = "POST";
  request.path = "/";
  request.headers.emplace_back("Content-Type", fuzz::TakeLine(input));
  request.body = std::string(input);

  std::vector<std::string> duplicates;
  const auto object = server::ReadObject(request, &duplicates);
  if (object) {
    const auto again = codec::ParseJson(object->dump());
    NEKO_PROMISE(again && *again == *object);
  } else {
    NEKO_PROMISE(fuzz::Explained(object.error()) && object.error().code == Code::kInvalid);
  }
  const auto patch = server::ReadPatch(request);
  if (patch) {
    const bool is_list = patch->type == registry::PatchType::kJson;
    NEKO_PROMISE(is_list ? patch->patch->is_array() : patch->patch->is_object());
  } else {
    NEKO_PROMISE(fuzz::Explained(patch.error()) && patch.error().code == Code::kInvalid);
  }
  const auto options = server::ReadDeleteOptions(request);
  if (!options) NEKO_PROMISE(fuzz::Explained(options.error()));

  const auto create = taos::ParseCreateRequest(request);
  if (const auto* errors = std::get_if<1>(&create)) {
    NEKO_PROMISE(!errors->empty());
    for (const taos::ValidationError& error : *errors) {
      NEKO_PROMISE(!error.type.empty() && !error.msg.empty());
    }
  } else {
    NEKO_PROMISE(std::get<0>(create).profile.size() <= 63);
  }
}

}  // namespace nekoplane
