#!/bin/bash
# demo.sh: every flow of rules/flows, through a gateway in front of the simulated services. Ends by itself: 0 when all of them went
# through and nothing was found, 1 when not, 3 when it could not begin.
#
# Leaves a recording and the reports in logs/demo (made anew each time). Ports are free ones; what the services remember is forgotten.
set -u
cd "$(dirname "$0")/../.."
program=${PLUMBLINE_BIN:-build/plumbline}
out=logs/demo
state=$(mktemp -d)
gateway=
end() {
    [ -z "$gateway" ] || { kill "$gateway" && wait "$gateway"; } 2>/dev/null
    rm -rf "$state"
}
trap end EXIT
trap 'exit 130' INT TERM

rm -rf "$out" && mkdir -p "$out" || exit 3
"$program" serve -c rules/gateway.yaml --listen 127.0.0.1:0 --admin 127.0.0.1:0 --no-watch \
    --state "$state/sandbox.db" --record "$out/recording" >"$out/gateway.log" 2>&1 &
gateway=$!
url=
for ((i = 0; i < 400 && ${#url} == 0; i++)); do
    kill -0 "$gateway" 2>/dev/null || { cat "$out/gateway.log"; gateway=; exit 3; }
    sleep 0.05
    url=$(sed -nE 's/.* listening on (http:[^ ]+)$/\1/p' "$out/gateway.log" | head -n 1)
done
[ -n "$url" ] || { echo "the gateway does not listen after 20 s; see $out/gateway.log"; exit 3; }
echo "gateway and simulated services at $url"

failed=() summary=
for file in rules/flows/order-to-erp.arazzo.yaml rules/flows/orderflow.arazzo.yaml rules/flows/order-processing.arazzo.yaml \
    rules/flows/order-management.arazzo.yaml rules/flows/order-workflow.arazzo.yaml; do
    name=$(basename "$file" .arazzo.yaml)
    printf '\n== %s\n' "$file"
    "$program" flow run "$file" --config rules/flows/staging.config.yaml --env sandbox --server "$url" --log-file "$out/$name.log" \
        --report "text=$out/$name.txt" --report "json=$out/$name.json" --report "html=$out/$name.html" 2>&1 || failed+=("$name")
    summary+=$(printf '%-18s' "$name"; grep -E '^(passed|failed|stopped): ' "$out/$name.txt" | tail -n 1 || echo "did not run")$'\n'
done

kill "$gateway" && wait "$gateway"
gateway=
printf '\n== %s, held against all contracts and rules once more\n' "$out/recording"
"$program" check "$out/recording" -c rules/gateway.yaml || failed+=(recording)

printf '\n%s' "$summary"
printf '\nreports    %s\nrecording  %s   (%s log show %s)\n' "$out/*.html" "$out/recording" "$program" "$out/recording"
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed     ${failed[*]}"
    exit 1
fi
echo "all five flows went through, and nothing was found"
