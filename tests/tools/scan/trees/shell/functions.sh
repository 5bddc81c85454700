#!/bin/sh
API=https://cloud.mongodb.com

api() {
  method=$1
  path=$2
  shift 2
  curl --silent --digest --user "$KEY" --request "$method" "$API/api/atlas/v2$path" "$@"
}

get() { curl -sS "$API/api/atlas/v2/groups/$GROUP/$1"; }

instance_url() {
  echo "$API/api/atlas/v2/groups/$1/serverless/$2"
}

api GET "/groups/$GROUP/serverless/$NAME/backup/snapshots" # call: listServerlessBackupSnapshots GET
api POST "/groups/$GROUP/serverless/$NAME/backup/restoreJobs" --data @job.json # call: createServerlessRestoreJob POST
get "serverless/$NAME/backup/restoreJobs" # call: listServerlessRestoreJobs GET
curl -X DELETE "$(instance_url "$GROUP" "$NAME")" # call: deleteServerlessInstance DELETE
url=$(instance_url "$GROUP" "$NAME")/backup/snapshots
curl "$url" # call: listServerlessBackupSnapshots GET
request DELETE "/groups/$GROUP/serverless/$NAME" # call: deleteServerlessInstance DELETE

args=(--silent --digest)
args+=(-X PATCH)
curl "${args[@]}" "$API/api/atlas/v2/groups/$GROUP/serverless/$NAME" # call: updateServerlessInstance PATCH
CURL="curl -s --digest -u $KEY"
$CURL "$API/api/atlas/v2/groups/$GROUP/serverless" # call: listServerlessInstances GET
sudo -u ops timeout 30 curl -s "$API/api/atlas/v2/groups/$GROUP/serverless" # call: listServerlessInstances GET
sh -c "curl -s $API/api/atlas/v2/groups/$GROUP/serverless" # call: listServerlessInstances GET
echo x | xargs -I{} curl "$API/api/atlas/v2/groups/$GROUP/serverless/{}" # call: getServerlessInstance GET
