/* ui.c -- /ui/NAME: the web pages of the admin listener, as they are part of the program. */
#include "admin/api.h"
#include "base/embedded.h"

static struct text
type_of(struct text name)
{
    return text_ends(name, TEXT(".html"))  ? TEXT("text/html; charset=utf-8")
           : text_ends(name, TEXT(".css")) ? TEXT("text/css; charset=utf-8")
                                           : TEXT("text/javascript; charset=utf-8");
}

void
api_ui(struct api_call *call)
{
    struct text path = arena_print(call->request->arena, "ui/%.*s", TEXT_PRINT(call->name));
    const struct embedded *file = path.data != NULL ? embedded_find(path.data) : NULL;

    if (file == NULL) {
        api_problem_at(call, 404, TEXT("path file"), TEXT("there is no such page"));
        return;
    }
    api_content_type(call, type_of(call->name));
    buffer_add(&call->answer->body, text_make(file->data, file->size));
}
