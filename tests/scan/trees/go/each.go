package each

import "net/http"

const base = "https://cloud.mongodb.com/api/atlas/v2/groups/"

func all(g, n string) {
	for _, kind := range []string{"snapshots", "restoreJobs"} {
		http.Get(base + g + "/serverless/" + n + "/backup/" + kind) // call: listServerlessBackupSnapshots GET, listServerlessRestoreJobs GET
	}
	for _, kind := range []string{"flexClusters", "clusters"} {
		http.Get(base + g + "/" + kind + "/" + n + "/backup/snapshots")
	}
}
