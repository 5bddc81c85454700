package backups

type Endpoint string

const Snapshots Endpoint = "/groups/%s/serverless/%s/backup/snapshots"

var paths = map[string]string{
	"jobs": "/api/atlas/v2/groups/%s/serverless/%s/backup/restoreJobs",
}

func (c *Client) Templates(ctx context.Context, group, name string) {
	fetchJSON[Page](ctx, c, "GET", c.base+fmt.Sprintf(string(Snapshots), group, name)) // call: listServerlessBackupSnapshots GET
	http.Get(c.base + fmt.Sprintf(paths["jobs"], group, name))                         // call: listServerlessRestoreJobs GET
	u := url.URL{Scheme: "https", Host: "cloud.mongodb.com", Path: fmt.Sprintf("/api/atlas/v2/groups/%s/serverless", group)}
	http.Get(u.String()) // call: listServerlessInstances GET
	go func() {
		resp, err := http.Post( // call: createServerlessRestoreJob POST
			c.base+"/groups/"+group+"/serverless/"+name+"/backup/restoreJobs",
			"application/json", nil)
		use(resp, err)
	}()
	tmpl := template.Must(template.New("x").Parse("{{.Base}}/groups/{{.Group}}/serverless/{{.Name}}/backup/snapshots")) // call: listServerlessBackupSnapshots ?
	use(tmpl)
	client.R().SetPathParam("g", group).Delete("/api/atlas/v2/groups/{g}/serverless/" + name) // call: deleteServerlessInstance DELETE
	for i := 0; i < 3; i++ {
		target := c.base
		if c.v1 {
			target = "https://cloud.mongodb.com/api/atlas/v1.0"
		}
		target += "/groups/" + group + "/serverless/" + name
		http.Head(target)
		http.Get(target) // call: getServerlessInstance GET
	}
	os.ReadFile(filepath.Join("groups", group, "serverless", name))
	os.Open("groups/" + group + "/serverless")
	errors.New("groups/a/serverless/b")
}
