package backups

import "os/exec"

const serverlessBase = "/api/atlas/v2/groups/%s/serverless"

func run(name, group string) {
	exec.Command("atlas", "serverless", "list", "-o", "json").Output()                                 // call: listServerlessInstances GET
	exec.Command("atlas", "serverless", "backups", "restores", "list", name, "--projectId", group).Run() // call: listServerlessRestoreJobs GET
	exec.Command("sh", "-c", "curl -s https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b").Run() // call: getServerlessInstance GET
	args := []string{"serverless", "backups", "snapshots", "list", name}
	exec.CommandContext(ctx, "atlas", args...).Run() // call: listServerlessBackupSnapshots GET
	exec.Command("atlas", "clusters", "list").Run()
	exec.Command("serverless", "deploy").Run()
}

func table(group string) {
	for _, test := range []struct{ method, path string }{
		{"GET", "/groups/g/serverless/n/backup/snapshots"}, // call: listServerlessBackupSnapshots GET
		{"POST", "/groups/g/serverless/n/backup/restoreJobs"}, // call: createServerlessRestoreJob POST
	} {
		request(test.method, test.path)
	}
	list := fmt.Sprintf(serverlessBase, group)
	do("POST", list) // call: createServerlessInstance POST
}

func do(method, path string) { client.R().Execute(method, "https://cloud.mongodb.com"+path) }
