#include "controller/config/help.h"

#include <algorithm>
#include <string_view>

#include "controller/config/settings.h"

namespace nekoplane::config {

namespace {

constexpr std::size_t kWidth = 90;
constexpr std::size_t kIndent = 6;

// Words, filled up to the width, every line indented.
std::string Filled(std::string_view text) {
  std::string out, line;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && kIndent + line.size() + 1 + word.size() > kWidth) {
      out += std::string(kIndent, ' ') + line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return out + std::string(kIndent, ' ') + line + "\n";
}

std::string Entry(std::string_view name, std::string_view value, std::string_view help,
                  std::string_view fallback) {
  std::string text(help);
  if (!fallback.empty()) text += " [" + std::string(fallback) + "]";
  return "  --" + std::string(name) + " " + std::string(value) + "\n" + Filled(text);
}

}  // namespace

std::string ProgramHelp() {
  return R"(nekoplane runs browser sessions: people and agents declare the browsers they want as objects;
nekoplane starts them on a container engine, keeps them alive and cleans up after them.

Usage: nekoplane serve --data-dir DIR [SETTINGS]
       nekoplane serve --help
       nekoplane --version

To work with a nekoplane that runs, use nekoctl or kubectl.
)";
}

std::string ServeHelp() {
  std::string text =
      R"(Runs nekoplane until it gets SIGTERM or SIGINT; containers go on running and are adopted at
the next start.

Usage: nekoplane serve --data-dir DIR [SETTINGS]

Each setting can be given as a flag, as a variable (--data-dir is NEKOPLANE_DATA_DIR) or in the
config file (data-dir: /var/lib/nekoplane). The first of these that names it wins. Defaults are
in brackets.
)";
  std::string_view group;
  for (const Setting& setting : Settings()) {
    if (setting.group != group) {
      group = setting.group;
      text += "\n" + std::string(group) + "\n";
      if (&setting == &Settings().front()) {
        text += Entry("config", "FILE", "A YAML file with settings, named like the flags.", "");
      }
    }
    text += Entry(setting.name, setting.value, setting.help, setting.fallback);
  }
  return text + R"(
Examples
  nekoplane serve --data-dir /var/lib/nekoplane --single-user me
  nekoplane serve --config /etc/nekoplane.yaml --log-format json
  KUBECONFIG=/var/lib/nekoplane/admin.kubeconfig kubectl get browsersessions
)";
}

}  // namespace nekoplane::config
