#!/bin/sh
# List snapshots with curl, through a gateway that is started beside it: for programs of any language.
#
#     sh examples/gateway.sh GROUP CLUSTER
#
# The token is that of a service account, in MONGODB_ATLAS_ACCESS_TOKEN; it passes through, the gateway holds nothing.
# A program that runs for long would have the gateway beside it for as long: see docs/reference/operating.md.
set -eu

listen=${GATEWAY_LISTEN:-127.0.0.1:8480}
admin=${GATEWAY_ADMIN:-127.0.0.1:8481}
upstream=${MONGODB_ATLAS_BASE_URL:-https://cloud.mongodb.com}

atlas-shim serve --listen "$listen" --admin "$admin" --upstream "$upstream" &
gateway=$!
trap 'kill "$gateway"; wait "$gateway" || true' EXIT

tries=0
until atlas-shim status --probe ready --admin "$admin" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || exit 1
    sleep 0.2
done

curl --silent --show-error --fail-with-body \
    --header "Authorization: Bearer $MONGODB_ATLAS_ACCESS_TOKEN" \
    --header "Accept: application/vnd.atlas.2023-01-01+json" \
    "http://$listen/api/atlas/v2/groups/$1/serverless/$2/backup/snapshots"
