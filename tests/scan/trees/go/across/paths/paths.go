package paths

import "fmt"

const Jobs = "/groups/%s/serverless/%s/backup/restoreJobs"

func Instance(group, name, rest string) string {
	return fmt.Sprintf("/groups/%s/serverless/%s%s", group, name, rest)
}

const Unused = "/groups/{g}/serverless/{n}/backup/snapshots" // call: listServerlessBackupSnapshots ?
