/* flow_mermaid.h -- a flow as a Mermaid flowchart, for pages that draw those. Nothing is printed here. */
#ifndef CLI_FLOW_MERMAID_H
#define CLI_FLOW_MERMAID_H

#include "base/buffer.h"
#include "flow/arazzo.h"

void flow_mermaid(struct buffer *out, const struct flow *flow);

#endif
