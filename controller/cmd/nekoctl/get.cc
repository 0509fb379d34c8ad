#include <iostream>
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "controller/cmd/nekoctl/commands.h"
#include "controller/cmd/nekoctl/table_printer.h"

namespace nekoplane::ctl {

using nlohmann::json;

namespace {

constexpr Duration kWatchForever = std::chrono::hours(24 * 365);

// kubectl's -o jsonpath: text with {.path} placeholders.
std::string ExpandJsonPath(const json& object, const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('{', at);
    const std::size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) break;
    out += text.substr(at, open - at);
    const json value = codec::EvalJsonPath(object, text.substr(open + 1, close - open - 1));
    if (!value.is_null()) out += value.is_string() ? value.get<std::string>() : value.dump();
    at = close + 1;
  }
  return out + text.substr(at);
}

void PrintObject(const json& object, const codec::Kind& kind, const std::string& output) {
  if (output == "json") {
    std::cout << object.dump(4) << '\n';
  } else if (output == "name") {
    std::cout << kind.singular << (kind.group.empty() ? "" : "." + kind.group) << '/'
              << object.value("/metadata/name"_json_pointer, "") << '\n';
  } else if (output.starts_with("jsonpath=")) {
    std::string expression = output.substr(9);
    if (expression.find('{') == std::string::npos) expression = "{" + expression + "}";
    std::cout << ExpandJsonPath(object, expression) << '\n';
  } else {
    std::cout << "---\n" << codec::ToYaml(object);
  }
  std::cout.flush();
}

std::string Query(const GetArgs& args, const std::string& name) {
  std::string query;
  const auto add = [&](const std::string& term) { query += (query.empty() ? "?" : "&") + term; };
  if (!args.selector.empty()) add("labelSelector=" + QueryEscape(args.selector));
  if (!name.empty()) add("fieldSelector=" + QueryEscape("metadata.name=" + name));
  return query;
}

Result<void> WatchFrom(Env& env, const codec::Kind& kind, const GetArgs& args,
                       const std::string& ns, const std::string& name, const std::string& version,
                       bool table, TablePrinter& printer) {
  std::string query = Query(args, name);
  query += std::string(query.empty() ? "?" : "&") + "watch=true&resourceVersion=" + version;
  return env.api.Watch(ApiClient::PathOf(kind, ns, "") + query,
                       table ? kTableAccept : "application/json", kWatchForever,
                       [&](const json& event) {
                         if (event.value("type", "") == "BOOKMARK") return true;
                         if (table) {
                           printer.Print(event["object"]);
                         } else {
                           PrintObject(event["object"], kind, args.output);
                         }
                         return true;
                       });
}

}  // namespace

Result<void> Get(Env& env, const GetArgs& args) {
  NEKO_TRY(const Target target, ResolveTarget(env.kinds, args.words));
  const bool table = args.output.empty() || args.output == "wide";
  if (!table && args.output != "json" && args.output != "yaml" && args.output != "name" &&
      !args.output.starts_with("jsonpath=")) {
    return MakeStatus(
        Code::kInvalid, "UnknownOutput",
        "-o takes wide, yaml, json, name or jsonpath=..., not \"" + args.output + "\"");
  }
  const std::string ns = args.all_namespaces ? "" : env.ns;
  TablePrinter printer(std::cout, {.wide = args.output == "wide",
                                   .with_namespace = args.all_namespaces && target.kind->namespaced,
                                   .headers = !args.no_headers});
  const char* accept = table ? kTableAccept : "application/json";
  if (target.names.empty()) {
    NEKO_TRY(const json list,
             env.api.Get(ApiClient::PathOf(*target.kind, ns, "") + Query(args, ""), accept));
    if (table) {
      if (!list.contains("rows") || list["rows"].empty()) {
        std::cerr << "No resources found"
                  << (target.kind->namespaced && !ns.empty() ? " in " + ns + " namespace" : "")
                  << ".\n";
      } else {
        printer.Print(list);
      }
    } else if (args.output == "yaml" || args.output == "json") {
      PrintObject(list, *target.kind, args.output);
    } else if (list.contains("items")) {
      for (const json& item : list["items"]) PrintObject(item, *target.kind, args.output);
    }
    if (!args.watch) return {};
    return WatchFrom(env, *target.kind, args, ns, "",
                     list.value("/metadata/resourceVersion"_json_pointer, "0"), table, printer);
  }
  if (args.watch && target.names.size() > 1) {
    return MakeStatus(Code::kInvalid, "OneAtATime", "watch one object, or all of a kind");
  }
  for (const std::string& name : target.names) {
    NEKO_TRY(const json object, env.api.Get(ApiClient::PathOf(*target.kind, env.ns, name), accept));
    if (table) {
      printer.Print(object);
    } else {
      PrintObject(object, *target.kind, args.output);
    }
    if (!args.watch) continue;
    const std::string version =
        table ? object.value("/rows/0/object/metadata/resourceVersion"_json_pointer, "0")
              : object.value("/metadata/resourceVersion"_json_pointer, "0");
    return WatchFrom(env, *target.kind, args, env.ns, name, version, table, printer);
  }
  return {};
}

}  // namespace nekoplane::ctl
