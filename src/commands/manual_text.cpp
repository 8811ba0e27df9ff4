// SPDX-License-Identifier: Apache-2.0
#include "commands/manual_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sluice::commands {

namespace {

// man(7): a backslash begins an escape, a dash is a hyphen unless escaped, and a line that begins
// with a dot or a quote is a request.
std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool starts_line = out.empty() || out.back() == '\n';
        if (starts_line && (c == '.' || c == '\''))
            out += "\\&";
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

std::string option_lines(const option_row& option) {
    const auto names =
        option.names.empty()
            ? fmt::format("\\fI{}\\fR", roff(option.value))
            : fmt::format("\\fB{}\\fR{}", roff(fmt::to_string(fmt::join(option.names, ", "))),
                          option.value.empty() ? ""
                                               : fmt::format(" \\fI{}\\fR", roff(option.value)));
    auto text = option.description;
    if (!option.fallback.empty())
        text += fmt::format(" (default: {})", option.fallback);
    return fmt::format(".RS\n.TP\n{}\n{}\n.RE\n", names, roff(text));
}

// The lines of a footer stay lines.
std::string footer_lines(const std::string& footer) {
    return footer.empty() ? "" : fmt::format(".RS\n.PP\n.nf\n{}\n.fi\n.RE\n", roff(footer));
}

std::string command_lines(const command_row& command) {
    auto text = fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(command.name), roff(command.description));
    for (const auto& option : command.options)
        text += option_lines(option);
    return text + footer_lines(command.footer);
}

constexpr std::string_view rest_of_the_page = R"(.SH SIGNALS
.TP
\fBSIGHUP\fR
Read the configuration anew. A good one is in force at once and cuts no request; a bad one changes nothing and is logged with file and line.
.TP
\fBSIGTERM\fR, \fBSIGINT\fR
Drain, then end. A second one ends at once.
.TP
\fBSIGUSR1\fR
Reopen the log files.
.SH FILES
.TP
\fI/etc/sluice/sluice.yaml\fR
The configuration of an installed gateway.
.SH EXIT STATUS
0 after a clean stop or a good answer, 1 failed (an address in use, configurations that differ), 64 bad usage, 78 bad configuration.
)";

}  // namespace

std::string manual_page(const command_table& table, std::string_view version) {
    auto text =
        fmt::format(".TH {0} 1 \"\" \"{0} {1}\" \"User Commands\"\n.ad l\n.SH NAME\n{0} \\- {2}\n"
                    ".SH SYNOPSIS\n\\fB{0}\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH COMMANDS\n",
                    table.program, roff(version), roff(table.description));
    for (const auto& command : table.commands)
        text += command_lines(command);
    return text.append(rest_of_the_page);
}

}  // namespace sluice::commands
