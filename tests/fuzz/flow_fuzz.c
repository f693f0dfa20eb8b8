/* flow_fuzz.c -- any bytes as a document of Arazzo, with a contract beside it. A mistake has a place and a message;
 * what is accepted leads somewhere. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow/arazzo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

struct told {
    unsigned errors;
    struct arena *arena;
};

static void
on_defect(void *arg, const struct flow_defect *defect)
{
    struct told *told = arg;

    demand(defect->what.length > 0 && defect->place.document != NULL && defect->place.value != NULL);
    demand(document_where(defect->place.document, defect->place.value, told->arena).length > 0);
    told->errors += defect->level == LEVEL_ERROR;
}

static void
look_at_actions(const struct workflow *w, const struct flow_action *actions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        demand(actions[i].step == UINT32_MAX || actions[i].step < w->step_count);
        demand(actions[i].kind != FLOW_GOTO || actions[i].step != UINT32_MAX || actions[i].workflow != NULL);
        demand(actions[i].retry_after >= 0);
    }
}

static void
look_at(const struct flow *flow)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++) {
        const struct workflow *w = &flow->workflows[i];

        demand(w->step_count > 0 && flow_workflow(flow, w->id) == w);
        for (uint32_t k = 0; k < w->step_count; k++) {
            const struct step *step = &w->steps[k];

            demand((step->operation == NULL) != (step->workflow == NULL) && step->parallel >= 1);
            look_at_actions(w, step->on_success, step->on_success_count);
            look_at_actions(w, step->on_failure, step->on_failure_count);
            for (uint32_t o = 0; o < step->output_count; o++)
                demand(step->outputs[o].expression != NULL);
            for (uint32_t d = 0; d < step->depends_count; d++)
                demand(step->depends_on[d] < w->step_count);
        }
    }
}

static void
write_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0)
        abort();
}

static const char contract[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{\"/a/{id}\":{\"parameters\":[{"
    "\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],\"get\":{\"operationId\":"
    "\"get\","
    "\"responses\":{\"200\":{\"description\":\"d\"}}}},\"/"
    "a\":{\"post\":{\"operationId\":\"make\",\"parameters\":[{\"name\":"
    "\"q\",\"in\":\"query\",\"schema\":{}}],\"requestBody\":{\"content\":{\"application/"
    "json\":{}}},\"responses\":{}}}}}";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char folder[64], path[96];
    struct error err = { .kind = ERROR_NONE };
    struct told told = { .arena = arena_new(0, SIZE_MAX) };
    struct flow_options options = { .defect = on_defect, .arg = &told };
    struct flow *flow;

    demand(told.arena != NULL);
    if (folder[0] == '\0') {
        (void)snprintf(folder, sizeof folder, "/tmp/plumbline-flow-fuzz-%d", (int)getpid());
        (void)mkdir(folder, 0700);
        (void)snprintf(path, sizeof path, "%s/a.json", folder);
        write_file(path, contract, sizeof contract - 1);
        (void)snprintf(path, sizeof path, "%s/f.yaml", folder);
    }
    write_file(path, data, size);
    flow = flow_load(path, &options, &err);
    demand((flow == NULL) == (err.kind != ERROR_NONE));
    demand(flow == NULL || told.errors == 0);
    demand(flow != NULL || err.what[0] != '\0');
    if (flow != NULL)
        look_at(flow);
    flow_free(flow);
    arena_free(told.arena);
    return 0;
}
