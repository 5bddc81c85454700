#!/usr/bin/env bash
# curl https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b
set -euo pipefail

BASE_URL="${ATLAS_URL:-https://cloud.mongodb.com/api/atlas/v2}"
GROUP=$1
NAME=$2
AUTH="--digest --user $PUBLIC:$PRIVATE"

curl -s $AUTH "$BASE_URL/groups/$GROUP/serverless/$NAME/backup/snapshots" | jq -r '.results[].id' # call: listServerlessBackupSnapshots GET
curl -s --user "$A:$B" --digest -H "Accept: application/json" $BASE_URL/groups/$GROUP/serverless/$NAME # call: getServerlessInstance GET
# call+1: createServerlessRestoreJob POST
curl --silent --request POST \
  --header "Content-Type: application/json" \
  --data '{"snapshotId": "x", "deliveryType": "automated"}' \
  "$BASE_URL/groups/$GROUP/serverless/$NAME/backup/restoreJobs"
curl -XDELETE "${BASE_URL}/groups/${GROUP}/serverless/${NAME}" # call: deleteServerlessInstance DELETE
curl --request=PATCH --url="$BASE_URL/groups/$GROUP/serverless/$NAME" --json @patch.json # call: updateServerlessInstance PATCH
wget -qO- --user=x "$BASE_URL/groups/$GROUP/serverless" # call: listServerlessInstances GET
http --auth-type=digest -a "$A:$B" POST "$BASE_URL/groups/$GROUP/serverless" name=x # call: createServerlessInstance POST
http GET "$BASE_URL/groups/$GROUP/serverless/$NAME/backup/restoreJobs" pageNum==1 # call: listServerlessRestoreJobs GET

snapshot_url="$BASE_URL/groups/$GROUP/serverless/$NAME/backup/snapshots"
for id in $(curl -s "$snapshot_url" | jq -r '.results[].id'); do # call: listServerlessBackupSnapshots GET
  curl -s "$snapshot_url/$id" >"$id.json" # call: getServerlessBackupSnapshot GET
done

if reply=$(curl -sf "$snapshot_url?pageNum=1&itemsPerPage=500"); then # call: listServerlessBackupSnapshots GET
  echo "$reply"
fi
curl "$BASE_URL/groups/$GROUP/clusters/$NAME/backup/tenant/snapshots" # call: listSharedClusterBackups GET
printf -v made '%s/groups/%s/serverless/%s' "$BASE_URL" "$GROUP" "$NAME"
curl "$made" # call: getServerlessInstance GET
