package backups

func (c *Client) Bases(ctx context.Context, g, n string) {
	endpoint := c.base.ResolveReference(&url.URL{Path: path.Join("api/atlas/v2/groups", g, "serverless", n)})
	req, _ := http.NewRequest(http.MethodGet, endpoint.String(), nil) // call: getServerlessInstance GET
	use(req)
	u := *c.base
	u.Path = fmt.Sprintf("/api/atlas/v2/groups/%s/serverless/%s/backup/snapshots", g, n) // call: listServerlessBackupSnapshots ?
	http.Get(u.String())
	c.call(ctx, request{method: "POST", path: "/groups/" + g + "/serverless/" + n + "/backup/restoreJobs"}) // call: createServerlessRestoreJob POST
	ops := map[string]op{
		"jobs": {http.MethodGet, "/groups/%s/serverless/%s/backup/restoreJobs"}, // call: listServerlessRestoreJobs GET
	}
	rest := resty.New().SetBaseURL("https://cloud.mongodb.com/api/atlas/v2/groups/" + g + "/serverless/" + n) // call: getServerlessInstance ?
	rest.R().Get("/x")
	instance := rest.SetBaseURL("https://cloud.mongodb.com/api/atlas/v2/groups/" + g + "/serverless")
	instance.Delete("/" + n) // call: deleteServerlessInstance DELETE
	use(ops)
}
