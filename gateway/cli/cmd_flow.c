/* cmd_flow.c -- journeys over several services, as Arazzo documents: plumbline flow run, lint, show. */
#include "cli/command.h"
#include "cli/flow_commands.h"

int
cmd_flow(int argc, char **argv)
{
    static const struct command commands[] = {
        { "run", "send the requests of a flow, and judge the answers", flow_run },
        { "lint", "what is wrong with a flow, before anything is sent", flow_lint },
        { "show", "the steps of a flow as a tree, or as a Mermaid flowchart", flow_show },
    };
    static const struct command_group group = {
        .name = "plumbline flow",
        .summary = "Journeys over several services, written as Arazzo documents: run, lint and show them.",
        .example = "plumbline flow run rules/flows/orderflow.arazzo.yaml --server http://127.0.0.1:8080",
        .commands = commands,
        .count = sizeof(commands) / sizeof(commands[0]),
    };

    return command_dispatch(&group, argc, argv);
}
