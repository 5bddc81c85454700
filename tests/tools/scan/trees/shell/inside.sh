#!/bin/bash
# Commands within tests, sums, redirections, texts that are sent, and for what find finds.
[ "$(atlas serverless backups snapshots list prod -o json | jq length)" -gt 0 ] || exit 1 # call: listServerlessBackupSnapshots GET
[[ "$(atlas serverless backups restores list prod)" =~ automated ]] && exit # call: listServerlessRestoreJobs GET
while [ "$(curl -s "https://cloud.mongodb.com/api/atlas/v2/groups/$G/serverless/$N")" != done ]; do sleep 9; done # call: getServerlessInstance GET
count=$(( $(atlas serverless backups snapshots list prod | wc -l) - 1 )) # call: listServerlessBackupSnapshots GET
diff <(atlas serverless list) expected.txt # call: listServerlessInstances GET
mapfile -t ids < <(atlas serverless backups snapshots list prod) # call: listServerlessBackupSnapshots GET
while read -r id _; do echo "$id"; done < <(atlas serverless backups restores list prod) # call: listServerlessRestoreJobs GET
read -r first _ <<< "$(atlas serverless backups snapshots list prod)" # call: listServerlessBackupSnapshots GET
tee >(curl -d @- "https://cloud.mongodb.com/api/atlas/v2/groups/$G/serverless/$N/backup/restoreJobs") <job.json # call: createServerlessRestoreJob POST
find ids -type f -exec atlas serverless backups snapshots describe --clusterName prod --snapshotId {} \; # call: getServerlessBackupSnapshot GET
# call+2: listServerlessBackupSnapshots GET
cat <<EOF | mail -s backups ops@example.org
There are $(atlas serverless backups snapshots list prod | wc -l) of them.
EOF

cat <<'EOF'
Type $(atlas serverless backups snapshots list prod).
EOF
[ -e /api/atlas/v2/groups/g/serverless/n/backup/snapshots ] && echo mounted
[[ $URL == */api/atlas/v2/groups/g/serverless/n/backup/snapshots ]] && echo retired
find . -path '*/api/atlas/v2/groups/g/serverless/n/backup/snapshots' -print
