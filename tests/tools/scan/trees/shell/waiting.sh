#!/bin/bash
# call+1: createServerlessRestoreJob POST
resp=`curl -s --digest -u ${A}:${B} \
    -H "Content-Type: application/json" \
    -d @data/x.json \
    "https://cloud.mongodb.com/api/atlas/v1.0/groups/${G}/serverless/${N}/backup/restoreJobs"`
curl -sSfL --insecure --remote-name-all \
  ${OPENSHIFT_CLIENTS_URL}/serverless/${KN_VER}/sha256sum.txt \
  ${OPENSHIFT_CLIENTS_URL}/serverless/${KN_VER}/kn-linux-amd64.tar.gz
while true; do
  status=$(curl --user "$PUB:$PRIV" --digest -s "https://cloud.mongodb.com/api/atlas/v1.0/groups/$G/serverless/$N" | jq -r .stateName) # call: getServerlessInstance GET
  [ "$status" = IDLE ] && break
done
