#!/bin/bash
B=https://cloud.mongodb.com/api/atlas/v2
usage() {
  cat <<EOF
Usage: $0 GROUP NAME
  curl $B/groups/a/serverless/b
  atlas serverless list
EOF
}
cat > README.md <<'EOF'
curl https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b
EOF
ssh host bash -s <<EOF
curl -s $B/groups/$G/serverless/$N/backup/snapshots # call: listServerlessBackupSnapshots GET
EOF
bash <<'EOF'
atlas serverless list # call: listServerlessInstances GET
EOF
cat > /usr/local/bin/backup.sh <<'EOF'
#!/bin/sh
curl -X POST https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b/backup/restoreJobs # call: createServerlessRestoreJob POST
EOF
curl -K - <<EOF
url = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b/backup/snapshots" # call: listServerlessBackupSnapshots ?
EOF
python3 - <<'EOF'
import requests
requests.get("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b/backup/snapshots") # call: listServerlessBackupSnapshots ?
EOF
curl -d @- "$B/groups/$G/serverless/$N/backup/restoreJobs" <<EOF
{"snapshotId": "$S", "note": "serverless"}
EOF
# call-3: createServerlessRestoreJob POST
