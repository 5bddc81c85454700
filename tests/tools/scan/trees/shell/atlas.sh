#!/bin/bash
# atlas serverless list
atlas serverless list --projectId "$P" -o json # call: listServerlessInstances GET
atlas serverless describe prod # call: getServerlessInstance GET
atlas serverless backups snapshots list prod --projectId "$P" # call: listServerlessBackupSnapshots GET
id=$(atlas serverless backup snapshots ls prod -o json | jq -r '.results[0].id') # call: listServerlessBackupSnapshots GET
atlas -P work serverless backups restores create --deliveryType automated --clusterName prod # call: createServerlessRestoreJob POST
atlas serverless backups restores watch --restoreJobId x --clusterName prod && echo done # call: getServerlessRestoreJob GET
mongocli atlas serverless list # call: listServerlessInstances GET
"$ATLAS_BIN"/atlas serverless delete prod --force # call: deleteServerlessInstance DELETE
atlas api serverlessInstances listServerlessInstances --groupId "$P" # call: listServerlessInstances GET
atlas api cloudBackups listServerlessBackupSnapshots --groupId "$P" --clusterName prod # call: listServerlessBackupSnapshots GET
watch -n 5 atlas serverless describe prod # call: getServerlessInstance GET

atlas backups snapshots list prod
atlas flexClusters list
atlas clusters describe serverless
atlas config set serverless list
serverless deploy --stage prod
sls backup list
atlas serverless --help
echo "run: atlas serverless list"
echo atlas serverless list
grep -r "atlas serverless list" .
