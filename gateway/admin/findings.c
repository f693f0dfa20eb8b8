/* findings.c -- /api/v1/findings: what the traffic got wrong since the start or the last reset, in the report shape of
 * all commands. */
#include "admin/write.h"
#include "base/time_text.h"
#include "proxy/live_findings.h"
#include "proxy/server.h"
#include "report/report.h"

void
api_findings(struct api_call *call)
{
    struct live_totals totals;
    struct finding_list *list = live_findings_merge(proxy_findings(call->api->proxy), &totals);
    struct report_summary summary = { .command = "live" };

    if (list == NULL) {
        api_problem(call, 503, TEXT("no memory"));
        return;
    }
    summary.exchanges = proxy_totals(call->api->proxy).exchanges - totals.before;
    summary.overflow = totals.overflow;
    summary.since = totals.since;
    report_count(&summary, list);
    api_content_type(call, TEXT("application/json"));
    report_json(&call->answer->body, &summary, list);
    finding_list_free(list);
}

void
api_findings_reset(struct api_call *call)
{
    live_findings_reset(proxy_findings(call->api->proxy), proxy_totals(call->api->proxy).exchanges);
    call->answer->status = 204;
}
