#!/bin/bash
B=https://cloud.mongodb.com/api/atlas/v2
for kind in snapshots restoreJobs; do
  curl "$B/groups/$G/serverless/$N/backup/$kind" # call: listServerlessBackupSnapshots GET, listServerlessRestoreJobs GET
done
ATLAS=atlas
$ATLAS serverless list # call: listServerlessInstances GET
"${ATLAS_CLI:-atlas}" serverless list # call: listServerlessInstances GET
docker run --rm mongodb/atlas atlas serverless list # call: listServerlessInstances GET
kubectl exec pod -- curl -s "$B/groups/$G/serverless" # call: listServerlessInstances GET
if ! atlas serverless describe x >/dev/null; then exit 1; fi # call: getServerlessInstance GET
fetch() {
  local url="$1"; shift
  curl -fsS "$@" "$url"
}
fetch "$B/groups/$G/serverless/$N" -X DELETE # call: getServerlessInstance GET
[ -d groups/a/serverless ] && tar cf x.tar groups/a/serverless/b
curl -s "$B/groups/$G/serverless/$N" \
  | jq . # call-1: getServerlessInstance GET
eval "curl $B/groups/$G/serverless" # call: listServerlessInstances GET
