/* yaml_parser.c -- YAML 1.2, no limits but ours, and silence. */
#include "json/yaml_parser.h"

static void
on_message(struct fy_diag *diag, void *user, const char *text, size_t length)
{
    (void)diag; /* messages are collected, not printed */
    (void)user;
    (void)text;
    (void)length;
}

bool
yaml_parser_open(struct yaml_parser *parser, struct text source, bool sloppy)
{
    struct fy_diag_cfg messages;
    struct fy_parse_cfg settings = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
                                              FYPCF_JSON_NONE | FYPCF_DISABLE_DEPTH_LIMIT };

    *parser = (struct yaml_parser){ NULL, NULL };
    if (sloppy)
        settings.flags |= FYPCF_SLOPPY_FLOW_INDENTATION;
    fy_diag_cfg_default(&messages);
    messages.fp = NULL;
    messages.output_fn = on_message;
    messages.colorize = false;
    parser->diag = fy_diag_create(&messages);
    if (parser->diag == NULL)
        return false;
    fy_diag_set_collect_errors(parser->diag, true);
    settings.diag = parser->diag;
    parser->events = fy_parser_create(&settings);
    return parser->events != NULL && fy_parser_set_string(parser->events, source.data, source.length) == 0;
}

void
yaml_parser_close(struct yaml_parser *parser)
{
    fy_parser_destroy(parser->events);
    fy_diag_destroy(parser->diag);
    *parser = (struct yaml_parser){ NULL, NULL };
}
