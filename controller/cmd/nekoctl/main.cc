// nekoctl: the command line for nekoplane's API. Exit status: 0 done, 1 refused or failed, 2 usage.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>

#include "controller/cmd/nekoctl/commands.h"
#include "controller/cmd/nekoctl/kubeconfig.h"

namespace nekoplane::ctl {
namespace {

constexpr char kFooter[] =
    R"(Objects are named as in kubectl: KIND NAME or KIND/NAME, where KIND is bs (BrowserSession),
bprofile, bnode, bclass, secret, event or ns.

  nekoctl apply -f session.yaml        make it so
  nekoctl get bs -w                    watch sessions change
  nekoctl why my-browser               why it runs where it runs, or why it does not
  nekoctl url my-browser               the address to open, login included
  nekoctl drain attic --wait           empty a machine, for maintenance; then `nekoctl uncordon attic`

The server and the credentials come from --kubeconfig, $KUBECONFIG or ~/.kube/config, as written by
`nekoplane serve` to <data-dir>/admin.kubeconfig. Stock kubectl works with the same file.)";

std::string DefaultKubeconfig() {
  if (const char* path = std::getenv("KUBECONFIG"); path != nullptr && *path != '\0') return path;
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.kube/config";
}

Result<Cluster> LoadCluster(const std::string& path) {
  auto text = ReadFile(path);
  if (!text) {
    return Annotate(
        std::move(text).error(),
        "no kubeconfig: set KUBECONFIG to <data-dir>/admin.kubeconfig, or pass --kubeconfig");
  }
  return ParseKubeconfig(*text, path, std::filesystem::path(path).parent_path().string());
}

int Main(int argc, char** argv) {
  CLI::App app("nekoctl controls nekoplane, the control plane for Neko browser sessions.",
               "nekoctl");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", NEKOPLANE_VERSION);
  app.set_help_all_flag("--help-all", "Help for all commands");
  std::string kubeconfig = DefaultKubeconfig(), ns;
  app.add_option("--kubeconfig", kubeconfig, "File with the server and the credentials")
      ->type_name("FILE");
  app.add_option("-n,--namespace", ns, "Namespace (default: the kubeconfig's, else default)")
      ->type_name("NAME");
  app.fallthrough();

  using Run = std::function<Result<void>(Env&)>;
  Run run;
  const auto on = [&](CLI::App* command, Run action) {
    command->callback([&run, action = std::move(action)] { run = action; });
  };

  ApplyArgs apply;
  CLI::App* c = app.add_subcommand("apply", "Create or change the objects of YAML or JSON files");
  c->add_option("-f,--filename", apply.files, "File, folder, or - for standard input")
      ->required()
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  c->add_flag("--dry-run", apply.dry_run, "Let the server check everything and store nothing");
  on(c, [&](Env& env) { return Apply(env, apply); });

  GetArgs get;
  const auto get_options = [&](CLI::App* command) {
    command->add_option("what", get.words, "KIND [NAME...] or KIND/NAME")->required();
    command->add_option("-o,--output", get.output, "wide, yaml, json, name or jsonpath={.path}");
    command->add_option("-l,--selector", get.selector, "Labels, such as app=x,tier!=y");
    command->add_flag("-A,--all-namespaces", get.all_namespaces, "In all namespaces");
    command->add_flag("--no-headers", get.no_headers, "Without the header line");
  };
  c = app.add_subcommand("get", "Show objects as a table, or as YAML with -o yaml");
  get_options(c);
  c->add_flag("-w,--watch", get.watch, "Go on and show changes");
  on(c, [&](Env& env) { return Get(env, get); });
  c = app.add_subcommand("watch", "Show objects and then every change, until interrupted");
  get_options(c);
  on(c, [&](Env& env) {
    get.watch = true;
    return Get(env, get);
  });

  std::vector<std::string> describe;
  c = app.add_subcommand("describe", "Show everything about an object, with its events");
  c->add_option("what", describe, "KIND NAME or KIND/NAME")->required();
  on(c, [&](Env& env) { return Describe(env, describe); });

  DeleteArgs del;
  std::string del_timeout = "2m";
  bool no_wait = false;
  c = app.add_subcommand("delete", "Delete objects and wait until they are gone");
  c->add_option("what", del.words, "KIND NAME..., KIND/NAME or KIND --all");
  c->add_option("-f,--filename", del.files, "Delete the objects of these files")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  c->add_flag("--all", del.all, "All of the kind in the namespace");
  c->add_flag("--no-wait", no_wait, "Return as soon as the deletion is accepted");
  c->add_option("--timeout", del_timeout, "How long to wait")->capture_default_str();
  on(c, [&](Env& env) -> Result<void> {
    NEKO_TRY(del.timeout, ParseDuration(del_timeout));
    del.wait = !no_wait;
    return Delete(env, del);
  });

  WaitArgs wait;
  std::string wait_timeout = "30s";
  c = app.add_subcommand("wait", "Wait for a condition, showing what is being waited for");
  c->add_option("what", wait.words, "KIND/NAME...")->required();
  c->add_option("--for", wait.condition, "condition=TYPE[=STATUS] or delete")->required();
  c->add_option("--timeout", wait_timeout, "How long to wait")->capture_default_str();
  on(c, [&](Env& env) -> Result<void> {
    NEKO_TRY(wait.timeout, ParseDuration(wait_timeout));
    return Wait(env, wait);
  });

  std::string session, why_output;
  int tail = 200;
  bool admin = false, dry_run = false;
  c = app.add_subcommand("logs", "Show what the browser's container printed last");
  c->add_option("session", session, "NAME of the session")->required();
  c->add_option("--tail", tail, "Number of lines")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  on(c, [&](Env& env) { return Logs(env, session, tail); });
  c = app.add_subcommand("why", "Explain where a session runs, or what keeps it from running");
  c->add_option("session", session, "NAME of the session")->required();
  c->add_option("-o,--output", why_output, "json for the whole answer as data");
  on(c, [&](Env& env) { return Why(env, session, why_output); });
  c = app.add_subcommand("url",
                         "Print the address of a session, with its login: treat it as a password");
  c->add_option("session", session, "NAME of the session")->required();
  c->add_flag("--admin", admin, "Log in as Neko's administrator");
  on(c, [&](Env& env) { return Url(env, session, admin); });
  std::string node;
  c = app.add_subcommand("cordon", "Place no new sessions on a node; those on it stay");
  c->add_option("node", node, "NAME of the node")->required();
  on(c, [&](Env& env) { return Cordon(env, node); });
  c = app.add_subcommand("uncordon", "Place sessions on a node again; ends a drain too");
  c->add_option("node", node, "NAME of the node")->required();
  on(c, [&](Env& env) { return Uncordon(env, node); });
  DrainArgs drain;
  std::string drain_timeout;
  c = app.add_subcommand("drain",
                         "Empty a node for maintenance: no new sessions, and those on it stop and "
                         "wait for it, with their profiles, until it is uncordoned");
  c->add_option("node", drain.node, "NAME of the node")->required();
  c->add_option("--policy", drain.policy,
                "WaitForUsers: each session stops when nobody watches it; Evict: all stop at once; "
                "Migrate: refused, as profiles cannot be moved yet")
      ->check(CLI::IsMember({"WaitForUsers", "Evict", "Migrate"}))
      ->capture_default_str();
  c->add_option("--deadline", drain.deadline,
                "When this is over, what is left stops too, such as 30m (default: never)");
  c->add_flag("--wait", drain.wait, "Wait until no session is left, showing which are");
  c->add_option("--timeout", drain_timeout,
                "How long to wait (default: 10m, or with --deadline 10m longer than that)");
  on(c, [&](Env& env) -> Result<void> {
    if (!drain_timeout.empty()) {
      NEKO_TRY(drain.timeout, ParseDuration(drain_timeout));
    }
    return Drain(env, drain);
  });
  c = app.add_subcommand("top", "Show what each node has, what is taken and what is free");
  on(c, [&](Env& env) { return Top(env); });
  c = app.add_subcommand("gc",
                         "Remove containers, volumes and claims of ours that nobody owns any more");
  c->add_flag("--dry-run", dry_run, "Only show what would go, and why");
  on(c, [&](Env& env) { return Gc(env, dry_run); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }

  const auto fail = [](const Status& status) {
    std::cerr << "nekoctl: " << status.message << '\n';
    return status.code == Code::kInvalid && status.reason.starts_with("Missing") ? 2 : 1;
  };
  auto cluster = LoadCluster(kubeconfig);
  if (!cluster) return fail(cluster.error());
  if (ns.empty()) ns = cluster->default_namespace;
  SystemClock clock;
  ApiClient api(clock, *std::move(cluster));
  Env env{clock, codec::KindTable::Builtin(), api, ns};
  const Result<void> done = run(env);
  return done ? 0 : fail(done.error());
}

}  // namespace
}  // namespace nekoplane::ctl

int main(int argc, char** argv) {
  try {
    return nekoplane::ctl::Main(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "nekoctl: unexpected: " << e.what() << '\n';
    return 1;
  }
}
