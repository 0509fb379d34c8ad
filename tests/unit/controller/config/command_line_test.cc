// From flags, variables and a file to options: who wins, what is refused, and what is said about
// it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <sstream>

#include "api/v1alpha1/browser_node.h"
#include "controller/config/options.h"
#include "controller/config/settings.h"
#include "controller/scheduler/scores.h"

namespace nekoplane::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Strings = std::vector<std::string>;
using Map = std::map<std::string, std::string>;

// Files by path; one that is not there cannot be read.
Surroundings Around(Map environment = {}, Map files = {}) {
  return {.environment = std::move(environment),
          .read_file = [files = std::move(files)](const std::string& path) -> Result<std::string> {
            const auto it = files.find(path);
            if (it == files.end()) {
              return MakeStatus(Code::kNotFound, "NoSuchFile", "No such file or directory");
            }
            return it->second;
          },
          .version = "1.2.3"};
}

Result<CommandLine> Parse(Strings flags, Map environment = {}, Map files = {}) {
  Strings arguments = {"serve", "--data-dir", "/d"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return ParseCommandLine(arguments, Around(std::move(environment), std::move(files)));
}

// The options of a command line that must be good.
Options Good(Strings flags, Map environment = {}, Map files = {}) {
  auto line = Parse(std::move(flags), std::move(environment), std::move(files));
  EXPECT_TRUE(line.has_value()) << line.error().ToString();
  return line && line->serve ? *line->serve : Options{};
}

TEST(CommandLineTest, DefaultsAreTheDocumentedOnes) {
  const Options options = Good({});
  EXPECT_EQ(options.data_dir, "/d");
  EXPECT_EQ(options.api_listen, "127.0.0.1:7443");
  EXPECT_EQ(options.http_listen, "127.0.0.1:7080");
  EXPECT_EQ(options.docker_host, "unix:///var/run/docker.sock");
  EXPECT_EQ(options.host_min_ram_mb, 6144);
  EXPECT_EQ(options.worker_min_cores, 4);
  EXPECT_FALSE(options.http_ports.has_value());
  EXPECT_FALSE(options.media_ports.has_value());
  EXPECT_EQ(options.wrapper_namespace, "default");
  EXPECT_EQ(options.gc_interval, std::chrono::minutes(2));
  EXPECT_EQ(options.log_format, LogFormat::kText);
  EXPECT_EQ(options.single_user, "");
  EXPECT_TRUE(options.warnings.empty());
}

// The setting is only a word to the parser; the scheduler must know each that it lets through.
TEST(CommandLineTest, EveryPolicyThatIsAcceptedExists) {
  for (const char* name : {"default", "pack", "spread"}) {
    const auto* policy =
        scheduler::PolicyByName(Good({"--placement-policy", name}).placement_policy);
    ASSERT_NE(policy, nullptr) << name;
    EXPECT_EQ(policy->name, name);
  }
}

// What the help says is the default must be what an empty Options holds.
TEST(CommandLineTest, HelpAndDefaultsAgree) {
  Strings flags;
  for (const Setting& setting : Settings()) {
    if (setting.fallback.empty()) continue;
    flags.push_back("--" + std::string(setting.name));
    flags.emplace_back(setting.fallback);
  }
  const Options stated = Good(flags), silent = Good({});
  EXPECT_EQ(stated.api_listen, silent.api_listen);
  EXPECT_EQ(stated.http_listen, silent.http_listen);
  EXPECT_EQ(stated.wrapper_namespace, silent.wrapper_namespace);
  EXPECT_EQ(stated.docker_host, silent.docker_host);
  const v1alpha1::NodePorts node;  // what a node says by itself
  EXPECT_EQ(stated.http_ports->from, node.http.from);
  EXPECT_EQ(stated.http_ports->to, node.http.to);
  EXPECT_EQ(stated.media_ports->from, node.media.from);
  EXPECT_EQ(stated.media_ports->to, node.media.to);
  EXPECT_EQ(stated.host_min_ram_mb, silent.host_min_ram_mb);
  EXPECT_EQ(stated.placement_policy, silent.placement_policy);
  EXPECT_EQ(stated.worker_min_cores, silent.worker_min_cores);
  EXPECT_EQ(stated.workers, silent.workers);
  EXPECT_EQ(stated.gc_interval, silent.gc_interval);
  EXPECT_EQ(stated.gc_grace, silent.gc_grace);
  EXPECT_EQ(stated.log_format, silent.log_format);
  EXPECT_EQ(stated.log_level, silent.log_level);
}

struct SourceCase {
  const char* name;
  Strings flags;
  Map environment;
  std::string file;
  int want_workers;
};

void PrintTo(const SourceCase& c, std::ostream* os) { *os << c.name; }

class PrecedenceTest : public ::testing::TestWithParam<SourceCase> {};

TEST_P(PrecedenceTest, FirstSourceWins) {
  Strings flags = GetParam().flags;
  flags.insert(flags.end(), {"--config", "/c.yaml"});
  EXPECT_EQ(Good(flags, GetParam().environment, {{"/c.yaml", GetParam().file}}).workers,
            GetParam().want_workers);
}

const Map kSixFromVariable = {{"NEKOPLANE_WORKERS", "6"}};

INSTANTIATE_TEST_SUITE_P(
    Rows, PrecedenceTest,
    ::testing::Values(
        SourceCase{"Default", {}, {}, "", 4}, SourceCase{"File", {}, {}, "workers: 5\n", 5},
        SourceCase{"FileAsText", {}, {}, "workers: \"5\"\n", 5},
        SourceCase{"FileSaysNull", {}, {}, "workers: null\n", 4},
        SourceCase{"FileOfCommentsOnly", {}, {}, "# nothing\n", 4},
        SourceCase{"VariableOverFile", {}, kSixFromVariable, "workers: 5\n", 6},
        SourceCase{"EmptyVariableIsNone", {}, {{"NEKOPLANE_WORKERS", ""}}, "workers: 5\n", 5},
        SourceCase{"FlagOverAll", {"--workers", "7"}, kSixFromVariable, "workers: 5\n", 7},
        SourceCase{"FlagWithEquals", {"--workers=7"}, {}, "", 7}),
    [](const auto& i) { return i.param.name; });

TEST(CommandLineTest, ConfigFileCanBeNamedByVariable) {
  const Map files = {{"/e.yaml", "workers: 3"}, {"/f.yaml", "workers: 2"}};
  EXPECT_EQ(Good({}, {{"NEKOPLANE_CONFIG", "/e.yaml"}}, files).workers, 3);
  EXPECT_EQ(Good({"--config", "/f.yaml"}, {{"NEKOPLANE_CONFIG", "/e.yaml"}}, files).workers, 2);
}

TEST(CommandLineTest, EverySettingCanComeFromEverySource) {
  const Map values = {{"data-dir", "/x"},
                      {"manifests", "/m"},
                      {"store", "sqlite"},
                      {"api-listen", "[::1]:1"},
                      {"http-listen", "unix:/s"},
                      {"single-user", "jo"},
                      {"namespace", "ns"},
                      {"docker-host", "tcp://h:1"},
                      {"taos-url", "http://10.0.0.5:6969"},
                      {"advertise-address", "10.0.0.9"},
                      {"publish-address", "10.0.0.8"},
                      {"http-ports", "1000-1001"},
                      {"media-ports", "2000-2001"},
                      {"host-memory-floor", "1Gi"},
                      {"placement-policy", "pack"},
                      {"worker-core-floor", "2"},
                      {"node-lost-after", "90s"},
                      {"node-loss-grace", "2m"},
                      {"workers", "9"},
                      {"gc-interval", "7s"},
                      {"gc-grace", "3s"},
                      {"log-format", "json"},
                      {"log-level", "debug"}};
  Strings arguments = {"serve"};
  Map environment;
  std::string file;
  for (const Setting& setting : Settings()) {
    const std::string name(setting.name);
    ASSERT_TRUE(values.contains(name)) << name << " has no row here";
    arguments.insert(arguments.end(), {"--" + name, values.at(name)});
    environment[VariableOf(name)] = values.at(name);
    file += name + ": \"" + values.at(name) + "\"\n";
  }
  for (const auto& line :
       {ParseCommandLine(arguments, Around()), ParseCommandLine({"serve"}, Around(environment)),
        ParseCommandLine({"serve", "--config", "/c"}, Around({}, {{"/c", file}}))}) {
    ASSERT_TRUE(line.has_value()) << line.error().ToString();
    const Options& o = *line->serve;
    EXPECT_EQ(o.data_dir, "/x");
    EXPECT_EQ(o.manifests, "/m");
    EXPECT_EQ(o.api_listen, "[::1]:1");
    EXPECT_EQ(o.http_listen, "unix:/s");
    EXPECT_EQ(o.single_user, "jo");
    EXPECT_EQ(o.wrapper_namespace, "ns");
    EXPECT_EQ(o.docker_host, "tcp://h:1");
    EXPECT_EQ(o.taos_url, "http://10.0.0.5:6969");
    EXPECT_EQ(o.advertise_address, "10.0.0.9");
    EXPECT_EQ(o.publish_address, "10.0.0.8");
    EXPECT_EQ(o.http_ports, (PortRange{1000, 1001}));
    EXPECT_EQ(o.media_ports, (PortRange{2000, 2001}));
    EXPECT_EQ(o.host_min_ram_mb, 1024);
    EXPECT_EQ(o.placement_policy, "pack");
    EXPECT_EQ(o.worker_min_cores, 2);
    EXPECT_EQ(o.node_lost_after, std::chrono::seconds(90));
    EXPECT_EQ(o.node_loss_grace, std::chrono::minutes(2));
    EXPECT_EQ(o.workers, 9);
    EXPECT_EQ(o.gc_interval, std::chrono::seconds(7));
    EXPECT_EQ(o.gc_grace, std::chrono::seconds(3));
    EXPECT_EQ(o.log_format, LogFormat::kJson);
    EXPECT_EQ(o.log_level, LogLevel::kDebug);
  }
}

TEST(CommandLineTest, DockersOwnVariableCountsLast) {
  const Map docker = {{"DOCKER_HOST", "tcp://engine:2375"}};
  EXPECT_EQ(Good({}, docker).docker_host, "tcp://engine:2375");
  EXPECT_EQ(Good({"--docker-host", "unix:///s"}, docker).docker_host, "unix:///s");
  EXPECT_EQ(Good({"--config", "/c"}, docker, {{"/c", "docker-host: unix:///f"}}).docker_host,
            "unix:///f");
}

TEST(CommandLineTest, MisspeltVariableIsWarnedAboutOthersAreNot) {
  const Options options = Good({}, {{"NEKOPLANE_DATADIR", "/x"},
                                    {"NEKOPLANE_SERVICE_HOST", "10.0.0.1"},
                                    {"NEKOPLANE_PORT_7443_TCP", "tcp://10.0.0.1:7443"}});
  EXPECT_THAT(options.warnings, ElementsAre("the variable NEKOPLANE_DATADIR means nothing; did you "
                                            "mean NEKOPLANE_DATA_DIR?"));
}

struct ErrorCase {
  const char* name;
  Strings flags;
  Map environment;
  std::string file;
  const char* want;
};

void PrintTo(const ErrorCase& c, std::ostream* os) { *os << c.name; }

class CommandLineRefusedTest : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(CommandLineRefusedTest, SaysWhereItCameFromAndWhatToDo) {
  Strings flags = GetParam().flags;
  if (!GetParam().file.empty()) flags.insert(flags.end(), {"--config", "/c.yaml"});
  const auto line = Parse(flags, GetParam().environment, {{"/c.yaml", GetParam().file}});
  ASSERT_FALSE(line.has_value());
  EXPECT_EQ(line.error().code, Code::kInvalid);
  EXPECT_THAT(line.error().message, HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Values, CommandLineRefusedTest,
    ::testing::Values(
        ErrorCase{"Workers",
                  {"--workers", "many"},
                  {},
                  "",
                  "--workers: \"many\" is not valid; expected a number from 1 to 64"},
        ErrorCase{"CoreFloor", {"--worker-core-floor", "-1"}, {}, "", "0 for no floor"},
        ErrorCase{"NoWorkers", {"--workers", "0"}, {}, "", "a number from 1 to 64"},
        ErrorCase{"FromVariable", {}, {{"NEKOPLANE_WORKERS", "x"}}, "", "NEKOPLANE_WORKERS: \"x\""},
        ErrorCase{"FromFile", {}, {}, "workers: x", "/c.yaml: workers: \"x\""},
        ErrorCase{"KubernetesStore",
                  {"--store", "kubernetes"},
                  {},
                  "",
                  "--store: keeping objects in a Kubernetes cluster is not available in this "
                  "version; use sqlite"},
        ErrorCase{"OtherStore", {"--store", "etcd"}, {}, "", "expected sqlite"},
        ErrorCase{
            "Listen", {"--http-listen", "8080"}, {}, "", "--http-listen: \"8080\" is no address"},
        ErrorCase{"ListenPort", {"--http-listen", "127.0.0.1:99999"}, {}, "", "is no address"},
        ErrorCase{"BareIpv6", {"--http-listen", "::1:80"}, {}, "", "[IPV6]:PORT"},
        ErrorCase{
            "DockerHost",
            {"--docker-host", "ssh://pi"},
            {},
            "",
            "--docker-host: \"ssh://pi\" is not valid; expected unix:///PATH or tcp://HOST:PORT"},
        ErrorCase{"DockersVariable", {}, {{"DOCKER_HOST", "nonsense"}}, "", "DOCKER_HOST: "},
        ErrorCase{
            "Advertise", {"--advertise-address", "my.host"}, {}, "", "one IPv4 or IPv6 address"},
        ErrorCase{"AdvertiseAll",
                  {"--advertise-address", "0.0.0.0"},
                  {},
                  "",
                  "the address under which browsers reach this machine"},
        ErrorCase{
            "AdvertiseList", {"--advertise-address", "10.0.0.1,10.0.0.2"}, {}, "", "one IPv4"},
        ErrorCase{"TaosHost", {"--taos-url", "192.168.1.5:6969"}, {}, "", "http://HOST:PORT"},
        ErrorCase{"TaosPassword", {"--taos-url", "http://me:pw@h"}, {}, "", "http://HOST:PORT"},
        ErrorCase{"TaosNoHost", {"--taos-url", "http:///x"}, {}, "", "http://HOST:PORT"},
        ErrorCase{"Publish", {"--publish-address", "eth0"}, {}, "", "one IPv4"},
        ErrorCase{"PortsBackwards", {"--http-ports", "9000-8000"}, {}, "", "lower one first"},
        ErrorCase{"OnePort", {"--media-ports", "9000"}, {}, "", "with a dash between"},
        ErrorCase{"PortZero", {"--media-ports", "0-10"}, {}, "", "--media-ports"},
        ErrorCase{
            "FloorWithoutUnit", {"--host-memory-floor", "6144"}, {}, "", "did you mean 6144Mi?"},
        ErrorCase{"Floor", {"--host-memory-floor", "big"}, {}, "", "as in 6144Mi"},
        ErrorCase{"Policy", {"--placement-policy", "Pack"}, {}, "", "default, pack or spread"},
        ErrorCase{"Interval", {"--gc-interval", "0s"}, {}, "", "a duration of at least 100ms"},
        ErrorCase{"LostAtOnce", {"--node-lost-after", "0s"}, {}, "", "a duration of at least 1s"},
        ErrorCase{"Duration", {"--gc-grace", "soon"}, {}, "", "as in 90s or 2m"},
        ErrorCase{"LogFormat", {"--log-format", "xml"}, {}, "", "expected text or json"},
        ErrorCase{"LogLevel", {"--log-level", "loud"}, {}, "", "debug, info, warning or error"},
        ErrorCase{"User", {"--single-user", "a b"}, {}, "", "a user's name"},
        ErrorCase{"Namespace", {"--namespace", "-x"}, {}, "", "a namespace"},
        ErrorCase{"EmptyManifests", {"--manifests", ""}, {}, "", "--manifests"}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Together, CommandLineRefusedTest,
    ::testing::Values(
        ErrorCase{"SingleUserForEverybody",
                  {"--single-user", "me", "--http-listen", "0.0.0.0:7080"},
                  {},
                  "",
                  "--single-user: everybody who can reach 0.0.0.0:7080 would be me; let "
                  "--http-listen be 127.0.0.1:7080"},
        ErrorCase{"SingleUserOnAllAddresses",
                  {"--single-user", "me", "--http-listen", ":7080"},
                  {},
                  "",
                  "everybody who can reach"},
        ErrorCase{"SingleUserOnLan",
                  {},
                  {{"NEKOPLANE_SINGLE_USER", "me"}},
                  "http-listen: 192.168.1.5:80",
                  "NEKOPLANE_SINGLE_USER: everybody who can reach 192.168.1.5:80 would be me; let "
                  "/c.yaml: http-listen be"},
        ErrorCase{"SameListener",
                  {"--http-listen", "127.0.0.1:7443"},
                  {},
                  "",
                  "--http-listen and --api-listen are both 127.0.0.1:7443"},
        ErrorCase{"PortsOverlap",
                  {"--media-ports", "9799-9900"},
                  {},
                  "",
                  "--http-ports and --media-ports overlap"}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Files, CommandLineRefusedTest,
    ::testing::Values(
        ErrorCase{"Missing",
                  {"--config", "/gone.yaml"},
                  {},
                  "",
                  "cannot read the config file /gone.yaml: No such file or directory"},
        ErrorCase{"UnknownKey",
                  {},
                  {},
                  "datadir: /x",
                  "/c.yaml: there is no setting datadir; did you mean data-dir?"},
        ErrorCase{"StrangeKey",
                  {},
                  {},
                  "colour: red",
                  "/c.yaml: there is no setting colour; nekoplane serve --help lists them"},
        ErrorCase{"List", {}, {}, "workers: [1]", "/c.yaml: workers: expected one value"},
        ErrorCase{
            "Fraction", {}, {}, "workers: 1.5", "/c.yaml: workers: expected one value, not 1.5"},
        ErrorCase{"NotAMap", {}, {}, "- a", "/c.yaml: expected settings"},
        ErrorCase{"Broken", {}, {}, "workers: [", "/c.yaml:1:"},
        ErrorCase{"Twice", {}, {}, "workers: 1\nworkers: 2", "/c.yaml:2:"},
        ErrorCase{"TwoDocuments",
                  {},
                  {},
                  "workers: 1\n---\nworkers: 2",
                  "a config file is one document"}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Flags, CommandLineRefusedTest,
    ::testing::Values(
        ErrorCase{"Unknown", {"--colour", "red"}, {}, "", "--colour"},
        ErrorCase{"UnknownPointsToTheHelp", {"--colour"}, {}, "", "see nekoplane serve --help"},
        ErrorCase{"Misspelt",
                  {"--worker", "3"},
                  {},
                  "",
                  "nekoplane serve does not know --worker; did you mean --workers?"},
        ErrorCase{"Twice", {"--workers", "3", "--workers", "4"}, {}, "", "--workers"},
        ErrorCase{"WithoutValue", {"--workers"}, {}, "", "--workers"},
        ErrorCase{"Stray", {"extra"}, {}, "", "extra"}),
    [](const auto& i) { return i.param.name; });

TEST(CommandLineTest, DataDirIsRequired) {
  const auto line = ParseCommandLine({"serve"}, Around());
  ASSERT_FALSE(line.has_value());
  EXPECT_THAT(line.error().message, HasSubstr("give --data-dir DIR (or NEKOPLANE_DATA_DIR)"));
}

TEST(CommandLineTest, UnknownCommandIsRefused) {
  EXPECT_FALSE(ParseCommandLine({"sreve"}, Around()).has_value());
}

TEST(CommandLineTest, CommandIsRequired) {
  const auto line = ParseCommandLine({}, Around());
  ASSERT_FALSE(line.has_value());
  EXPECT_THAT(line.error().message, HasSubstr("see nekoplane --help"));
}

TEST(CommandLineTest, SingleUserIsFineOnLoopback) {
  for (const char* address : {"127.0.0.1:0", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/s"}) {
    EXPECT_EQ(Good({"--single-user", "me", "--http-listen", address}).single_user, "me") << address;
  }
}

TEST(CommandLineTest, FreePortsMayBeAskedForTwice) {
  EXPECT_EQ(Good({"--http-listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0"}).http_listen,
            "127.0.0.1:0");
}

TEST(CommandLineTest, VersionIsPrinted) {
  const auto line = ParseCommandLine({"--version"}, Around());
  ASSERT_TRUE(line.has_value());
  EXPECT_FALSE(line->serve.has_value());
  EXPECT_EQ(line->text, "nekoplane 1.2.3\n");
}

TEST(CommandLineTest, HelpNamesEverySettingAndItsDefault) {
  const auto line = ParseCommandLine({"serve", "--help"}, Around());
  ASSERT_TRUE(line.has_value());
  EXPECT_FALSE(line->serve.has_value());
  for (const Setting& setting : Settings()) {
    EXPECT_THAT(line->text, HasSubstr("--" + std::string(setting.name)));
    EXPECT_THAT(line->text, HasSubstr(std::string(setting.fallback)));
  }
  EXPECT_THAT(line->text, HasSubstr("NEKOPLANE_DATA_DIR"));
  EXPECT_THAT(line->text, HasSubstr("--config FILE"));
  std::istringstream lines(line->text);
  for (std::string one; std::getline(lines, one);) EXPECT_LE(one.size(), 100u) << one;
}

TEST(CommandLineTest, HelpOfTheProgramNamesItsCommands) {
  const auto line = ParseCommandLine({"--help"}, Around());
  ASSERT_TRUE(line.has_value());
  EXPECT_THAT(line->text, HasSubstr("serve"));
}

}  // namespace
}  // namespace nekoplane::config
