/* replay.c -- /api/v1/replay: what was answered from recordings, and a new start of them. */
#include "admin/write.h"
#include "proxy/server.h"
#include "replay/playback.h"

static void
tell_none(struct api_call *call)
{
    api_problem(call, 404, TEXT("no service is answered from a recording (upstream: recording:PATH, or --replay)"));
}

void
api_replay(struct api_call *call)
{
    struct playback_counts counts;
    struct json_writer w;

    if (!proxy_playback(call->api->proxy, &counts)) {
        tell_none(call);
        return;
    }
    write_begin(&w, call);
    json_object(&w);
    write_number(&w, "exchanges", counts.exchanges);
    write_number(&w, "hits", counts.hits);
    write_number(&w, "misses", counts.misses);
    write_number(&w, "forwarded", counts.forwarded);
    json_end_object(&w);
}

void
api_replay_reset(struct api_call *call)
{
    if (proxy_playback_reset(call->api->proxy))
        call->answer->status = 204;
    else
        tell_none(call);
}
