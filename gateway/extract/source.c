/* source.c -- where a statement is from, and what could not be read. */
#include "extract/source.h"

#include <stdarg.h>

#include "base/limits.h"

void
source_write(struct json_writer *w, const struct source *source)
{
    static const char *const names[] = { [SURE_LOW] = "low", [SURE_MEDIUM] = "medium", [SURE_HIGH] = "high" };

    JSON_KEY(w, "x-source");
    json_object(w);
    JSON_KEY(w, "file");
    json_string(w, source->file);
    JSON_KEY(w, "line");
    json_integer(w, source->line);
    if (source->note.length > 0) {
        JSON_KEY(w, "note");
        json_string(w, source->note);
    }
    json_end_object(w);
    JSON_KEY(w, "x-confidence");
    json_string(w, text_of(names[source->sure]));
}

void
notes_add(struct extract_notes *notes, enum extract_note_kind kind, const struct source *source, struct arena *arena,
          const char *format, ...)
{
    struct extract_note *note;
    va_list arguments;

    if (notes->count++ >= LIMIT_EXTRACT_NOTES || (note = ARENA_NEW(arena, struct extract_note)) == NULL)
        return;
    va_start(arguments, format);
    *note = (struct extract_note){
        .kind = kind, .file = source->file, .line = source->line, .what = arena_vprint(arena, format, arguments)
    };
    va_end(arguments);
    if (notes->last != NULL)
        notes->last->next = note;
    else
        notes->first = note;
    notes->last = note;
}

const char *
extract_note_name(enum extract_note_kind kind)
{
    static const char *const names[] = {
        [EXTRACT_UNREAD] = "unread", [EXTRACT_MENDED] = "mended", [EXTRACT_ASSUMED] = "assumed"
    };

    return names[kind];
}
